import fc from 'fast-check';
import { allowedFailures, gate, type CheckResult, type GateFacts, type GateSpec, type WaveTally } from './gate.js';

const ENDED = new Date('2027-01-01T00:00:00Z');

function after(seconds: number): Date {
  return new Date(ENDED.getTime() + seconds * 1000);
}

function spec(extra: Partial<GateSpec> = {}): GateSpec {
  return { maxFailures: 0, maxFailurePercent: null, maxUnknown: 0, checks: [], soakS: 0, onBreach: 'halt', ...extra };
}

function tally(extra: Partial<WaveTally> = {}): WaveTally {
  return { total: 10, succeeded: 10, failed: 0, unknown: 0, cancelled: 0, vanished: 0, ...extra };
}

/** A wave of ten that has ended. */
function facts(extra: Partial<GateFacts> = {}): GateFacts {
  return {
    total: 10,
    unfinished: 0,
    failed: 0,
    unknown: 0,
    cancelled: 0,
    tally: tally(),
    jobsEndedAt: ENDED,
    checks: [],
    ...extra,
  };
}

function check(name: string, passed: boolean, at = after(1), message = ''): CheckResult {
  return { name, passed, at, message };
}

const verdict = (...args: Parameters<typeof gate>) => gate(...args).verdict;

describe('gate', () => {
  it('advances when the wave went well', () => {
    expect(gate(spec(), facts(), ENDED)).toEqual({
      verdict: 'ADVANCE',
      reason: '10 of 10 targets ended well',
      lookAgainAt: null,
    });
  });

  it('holds while jobs go on, and halts as soon as too many have failed', () => {
    const going = { unfinished: 4, tally: null, jobsEndedAt: null };
    expect(verdict(spec(), facts(going), ENDED)).toBe('HOLD');
    expect(gate(spec(), facts({ ...going, failed: 1 }), ENDED)).toMatchObject({
      verdict: 'HALT',
      reason: 'More than 0 of 10 targets did not end well: 1 failed',
    });
  });

  it.each([
    ['failed', { failed: 3, tally: tally({ succeeded: 7, failed: 3 }) }],
    ['cancelled', { cancelled: 3, tally: tally({ succeeded: 7, cancelled: 3 }) }],
    ['vanished', { tally: tally({ succeeded: 7, vanished: 3 }) }],
    ['one of each', { failed: 1, cancelled: 1, tally: tally({ succeeded: 7, failed: 1, cancelled: 1, vanished: 1 }) }],
  ])('counts targets that %s', (_what, ended) => {
    expect(verdict(spec({ maxFailures: 3 }), facts(ended), ENDED)).toBe('ADVANCE');
    expect(verdict(spec({ maxFailures: 2 }), facts(ended), ENDED)).toBe('HALT');
    expect(verdict(spec({ maxFailures: null, maxFailurePercent: 30 }), facts(ended), ENDED)).toBe('ADVANCE');
    expect(verdict(spec({ maxFailures: null, maxFailurePercent: 29.9 }), facts(ended), ENDED)).toBe('HALT');
  });

  it('takes the fewer where a number and a percentage are given, and none where neither is', () => {
    expect(allowedFailures({ maxFailures: 5, maxFailurePercent: 10 }, 20)).toBe(2);
    expect(allowedFailures({ maxFailures: 1, maxFailurePercent: 10 }, 20)).toBe(1);
    expect(allowedFailures({ maxFailures: null, maxFailurePercent: null }, 20)).toBe(0);
    expect(allowedFailures({ maxFailures: null, maxFailurePercent: 10 }, 9)).toBe(0);
    expect(allowedFailures({ maxFailures: null, maxFailurePercent: 0.57 }, 10_000)).toBe(57);
  });

  it('halts at unknown outcomes, even where failures are allowed', () => {
    const ended = facts({ failed: 2, unknown: 1, tally: tally({ succeeded: 8, failed: 2, unknown: 1 }) });
    expect(gate(spec({ maxFailures: 5 }), ended, ENDED)).toMatchObject({
      verdict: 'HALT',
      reason: 'The outcome is unknown for more than 0 of 10 targets',
    });
    expect(verdict(spec({ maxFailures: 5, maxUnknown: 1 }), ended, ENDED)).toBe('ADVANCE');
  });

  it('soaks, and says when it looks again', () => {
    const soaking = spec({ soakS: 600 });
    expect(gate(soaking, facts(), after(599))).toEqual({
      verdict: 'HOLD',
      reason: `Soaks until ${after(600).toISOString()}`,
      lookAgainAt: after(600),
    });
    expect(verdict(soaking, facts(), after(600))).toBe('ADVANCE');
  });

  it('waits for each check, and believes only what was said after the wave had ended', () => {
    const asking = spec({
      checks: [
        { name: 'errors', maxAgeS: null },
        { name: 'latency', maxAgeS: 60 },
      ],
    });
    const at = (seconds: number, ...checks: CheckResult[]) => gate(asking, facts({ checks }), after(seconds));
    expect(at(9)).toMatchObject({ verdict: 'HOLD', reason: 'Waits for the check errors' });
    expect(at(9, check('errors', true))).toMatchObject({ reason: 'Waits for the check latency' });
    expect(at(9, check('errors', true), check('latency', true)).verdict).toBe('ADVANCE');
    expect(at(9, check('errors', true, after(-1)), check('latency', true)).verdict).toBe('HOLD');
    expect(at(61, check('errors', true), check('latency', true)).verdict).toBe('ADVANCE');
    expect(at(62, check('errors', true), check('latency', true)).verdict).toBe('HOLD');
  });

  it('halts at a check that failed, whenever it did; one that nobody asked for says nothing', () => {
    const asking = spec({ checks: [{ name: 'errors', maxAgeS: null }], soakS: 600 });
    const failed = [check('errors', false, after(-5), '7 % of requests')];
    expect(gate(asking, facts({ unfinished: 2, tally: null, jobsEndedAt: null, checks: failed }), ENDED)).toMatchObject(
      {
        verdict: 'HALT',
        reason: 'The check errors failed: 7 % of requests',
      },
    );
    expect(verdict(spec(), facts({ checks: failed }), ENDED)).toBe('ADVANCE');
  });

  it.each<[string, Partial<GateFacts>]>([
    ['no total', { total: null }],
    ['a job that has not ended, though it was counted', { unfinished: 1 }],
    ['no count of how the jobs ended', { tally: null }],
    ['no time at which they ended', { jobsEndedAt: null }],
    ['a time that is none', { jobsEndedAt: new Date(NaN) }],
    ['a count that is none', { failed: NaN }],
    ['a count below nothing', { cancelled: -1 }],
    ['jobs that are not accounted for', { tally: tally({ succeeded: 9 }) }],
  ])('holds where there is %s', (_what, missing) => {
    expect(verdict(spec(), facts(missing), after(1e6))).toBe('HOLD');
  });
});

describe('gate, whatever the facts', () => {
  const count = fc.nat({ max: 30 });
  const anySpec = fc.record({
    maxFailures: fc.option(count),
    maxFailurePercent: fc.option(fc.integer({ min: 0, max: 200 }).map((half) => half / 2)),
    maxUnknown: fc.nat({ max: 3 }),
    checks: fc.constantFrom<GateSpec['checks']>([], [{ name: 'a', maxAgeS: null }], [{ name: 'a', maxAgeS: 60 }]),
    soakS: fc.constantFrom(0, 60),
    onBreach: fc.constantFrom<GateSpec['onBreach']>('halt', 'pause', 'roll_back'),
  });
  const anyEnd = fc.record({
    succeeded: count,
    failed: count,
    cancelled: count,
    vanished: count,
    unknown: fc.nat({ max: 3 }),
    unfinished: fc.constantFrom(0, 0, 1),
    counted: fc.constantFrom(true, true, false),
    checks: fc.constantFrom<CheckResult[]>([], [check('a', true)], [check('a', false)]),
    nowS: fc.constantFrom(0, 30, 60, 200),
  });

  function drawn(end: typeof anyEnd extends fc.Arbitrary<infer T> ? T : never): GateFacts {
    const { succeeded, failed, cancelled, vanished, unfinished, checks } = end;
    const unknown = Math.min(end.unknown, failed);
    const total = succeeded + failed + cancelled + vanished;
    const isOver = unfinished === 0 && end.counted;
    return facts({
      total,
      unfinished,
      failed,
      cancelled,
      unknown,
      checks,
      tally: isOver ? { total, succeeded, failed, unknown, cancelled, vanished } : null,
      jobsEndedAt: isOver ? ENDED : null,
    });
  }

  it('never gets better by one more target that did not end well', () => {
    const BADNESS = { ADVANCE: 0, HOLD: 1, HALT: 2 };
    fc.assert(
      fc.property(
        anySpec,
        anyEnd,
        fc.constantFrom('failed', 'cancelled', 'vanished', 'unknown'),
        (gateSpec, end, how) => {
          fc.pre(end.succeeded > 0);
          const worse = { ...end, succeeded: end.succeeded - 1 };
          if (how === 'unknown')
            Object.assign(worse, { failed: end.failed + 1, unknown: Math.min(end.unknown, end.failed) + 1 });
          else worse[how] += 1;
          const before = verdict(gateSpec, drawn(end), after(end.nowS));
          const then = verdict(gateSpec, drawn(worse), after(end.nowS));
          expect(BADNESS[then]).toBeGreaterThanOrEqual(BADNESS[before]);
        },
      ),
      { numRuns: 20_000 },
    );
  });
});

import fc from 'fast-check';
import { concurrency, plan, RELEASE_WINDOW, type BatchFacts, type WaveFacts } from './plan.js';

const NOW = new Date('2027-01-01T00:00:00Z');

function facts(extra: Partial<BatchFacts> = {}): BatchFacts {
  return {
    status: 'running',
    mode: 'parallel',
    onFailure: 'continue',
    maxParallel: null,
    scheduledFor: null,
    pausedAt: null,
    resumedAt: null,
    abortedBy: null,
    approval: null,
    approvedAt: null,
    deadline: null,
    haltedBy: null,
    ...extra,
  };
}

function wave(extra: Partial<WaveFacts> = {}): WaveFacts {
  return {
    ordinal: 0,
    status: 'open',
    pending: 0,
    queued: 0,
    active: 0,
    firstFailed: null,
    firstCriticalFailed: null,
    anySucceeded: false,
    anyCancelled: false,
    gate: null,
    ...extra,
  };
}

describe('plan', () => {
  it('starts a scheduled batch when it is due, within the grace', () => {
    const due = (secondsAgo: number) =>
      plan(facts({ status: 'scheduled', scheduledFor: new Date(NOW.getTime() - secondsAgo * 1000) }), [], NOW, 300);
    expect(due(-1)).toEqual([]);
    expect(due(0)).toEqual([{ kind: 'start' }]);
    expect(due(300)).toEqual([{ kind: 'start' }]);
    expect(due(301)).toEqual([{ kind: 'miss', lateS: 301, unapproved: false }]);
  });

  it('opens a wave with its first release, and the next one when it is done', () => {
    const first = wave({ status: 'pending', pending: 2 });
    const second = wave({ ordinal: 1, status: 'pending', pending: 3 });
    expect(plan(facts(), [first, second], NOW, 300)).toEqual([
      { kind: 'open', wave: 0 },
      { kind: 'release', wave: 0, count: 2 },
    ]);
    const done = wave({ anySucceeded: true });
    expect(plan(facts(), [done, second], NOW, 300)).toEqual([
      { kind: 'close', wave: 0, decision: null },
      { kind: 'open', wave: 1 },
      { kind: 'release', wave: 1, count: 3 },
    ]);
  });

  it('halts after a failure only when it was told to and something is left to halt', () => {
    const waves = [wave({ firstFailed: 7, firstCriticalFailed: 7, pending: 1, active: 1 })];
    expect(plan(facts({ onFailure: 'stop' }), waves, NOW, 300)).toEqual([{ kind: 'halt', failedJob: 7 }]);
    expect(
      plan(facts({ onFailure: 'stop' }), [wave({ firstFailed: 7, firstCriticalFailed: 7, active: 1 })], NOW, 300),
    ).toEqual([]);
    expect(plan(facts(), waves, NOW, 300)).toEqual([{ kind: 'release', wave: 0, count: 1 }]);
  });

  it('goes on after the failure of a job that is not critical, and ends as failed', () => {
    const stop = facts({ onFailure: 'stop' });
    const waves = [
      wave({ firstFailed: 7, status: 'open' }),
      wave({ ordinal: 1, status: 'pending', pending: 2, firstCriticalFailed: null }),
    ];
    expect(plan(stop, waves, NOW, 300)).toEqual([
      { kind: 'close', wave: 0, decision: null },
      { kind: 'open', wave: 1 },
      { kind: 'release', wave: 1, count: 2 },
    ]);
    expect(plan(stop, [wave({ firstFailed: 7, anySucceeded: true })], NOW, 300).at(-1)).toEqual({
      kind: 'finish',
      status: 'failed',
    });
  });

  it('ends a scheduled batch that has nothing left to start, before its time and after it', () => {
    const scheduled = (inMs: number) => facts({ status: 'scheduled', scheduledFor: new Date(NOW.getTime() + inMs) });
    for (const inMs of [3_600_000, -1, -3_600_000]) {
      expect(plan(scheduled(inMs), [wave({ status: 'pending' })], NOW, 300)).toEqual([
        { kind: 'finish', status: 'cancelled' },
      ]);
      expect(plan(scheduled(inMs), [wave({ status: 'halted', firstFailed: 3 })], NOW, 300)).toEqual([
        { kind: 'finish', status: 'failed' },
      ]);
    }
    expect(plan(scheduled(1_000), [wave({ status: 'pending', pending: 1 })], NOW, 300)).toEqual([]);
  });

  it('asks no gate that somebody has overridden', () => {
    const spec = {
      maxFailures: 0,
      maxFailurePercent: null,
      maxUnknown: 0,
      checks: [],
      soakS: 0,
      onBreach: 'halt',
    } as const;
    const first = (overridden: boolean) => wave({ firstFailed: 7, gate: { spec, overridden, facts: null } });
    const second = wave({ ordinal: 1, status: 'pending', pending: 1 });
    expect(plan(facts(), [first(false), second], NOW, 300)).toMatchObject([{ kind: 'hold', wave: 0 }]);
    expect(plan(facts(), [first(true), second], NOW, 300)).toMatchObject([
      { kind: 'close', wave: 0 },
      { kind: 'open', wave: 1 },
      { kind: 'release', wave: 1 },
    ]);
  });

  it('ends as its jobs did', () => {
    const end = (extra: Partial<WaveFacts>) => plan(facts(), [wave(extra)], NOW, 300).at(-1);
    expect(end({ anySucceeded: true })).toEqual({ kind: 'finish', status: 'succeeded' });
    expect(end({ anySucceeded: true, firstFailed: 3 })).toEqual({ kind: 'finish', status: 'failed' });
    expect(end({})).toEqual({ kind: 'finish', status: 'cancelled' });
  });

  it('never lets more into progress than the batch allows, whatever the state', () => {
    const count = fc.nat({ max: 2000 });
    const anyWave = fc.record({
      ordinal: fc.nat({ max: 3 }),
      status: fc.constantFrom('pending', 'open', 'done', 'halted'),
      pending: count,
      queued: count,
      active: count,
      firstFailed: fc.option(fc.nat()),
      firstCriticalFailed: fc.option(fc.nat()),
      anySucceeded: fc.boolean(),
    });
    const anyBatch = fc.record({
      status: fc.constantFrom('scheduled', 'running', 'succeeded', 'failed', 'cancelled'),
      mode: fc.constantFrom('parallel', 'sequential'),
      onFailure: fc.constantFrom('continue', 'stop'),
      maxParallel: fc.option(fc.integer({ min: 1, max: 50 })),
      scheduledFor: fc.option(fc.date({ noInvalidDate: true })),
    });
    fc.assert(
      fc.property(anyBatch, fc.array(anyWave, { maxLength: 4 }), (batch, drawn) => {
        const waves = drawn.map((each, ordinal) => wave({ ...(each as WaveFacts), ordinal }));
        const actions = plan(facts(batch as BatchFacts), waves, NOW, 300);
        const releases = actions.filter((action) => action.kind === 'release');
        expect(releases.length).toBeLessThanOrEqual(1);
        for (const release of releases) {
          const released = waves[release.wave]!;
          expect(released.pending).toBeGreaterThanOrEqual(release.count);
          expect(batch.status).toBe('running');
          expect(release.count).toBeGreaterThan(0);
          expect(released.queued + release.count).toBeLessThanOrEqual(Math.max(RELEASE_WINDOW, released.queued));
          const limit = concurrency(batch as BatchFacts);
          if (limit !== null) expect(released.queued + released.active + release.count).toBeLessThanOrEqual(limit);
        }
        // Only a critical failure halts, only a batch that was told to stop, and only when there is something to halt.
        const halts = actions.some(({ kind }) => kind === 'halt');
        const left = waves.some((each) => each.pending + each.queued > 0);
        const critical = waves.some((each) => each.firstCriticalFailed !== null);
        expect(halts).toBe(batch.status === 'running' && batch.onFailure === 'stop' && critical && left);
        if (halts) expect(releases).toEqual([]);
        // Nothing ends while something is in progress.
        if (actions.some(({ kind }) => kind === 'finish')) {
          const open = waves.filter(({ status }) => status === 'pending' || status === 'open');
          expect(open.every((each) => each.pending + each.queued + each.active === 0)).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

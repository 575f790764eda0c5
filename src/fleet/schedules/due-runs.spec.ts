import fc from 'fast-check';
import { dueBetween } from '../../orchestration/calendar/due-times.js';
import type { Recurring } from '../../orchestration/calendar/recurrence.js';
import { HOUR_MS, MINUTE_MS, parseWallTime } from '../../orchestration/calendar/wall-clock.js';
import { dueRun, type DueRun } from './due-runs.js';
import type { MissedPolicy } from './schedule.entity.js';

const hourly = { zone: 'UTC', starts: parseWallTime('2026-06-01T00:00')!, recurrence: 'FREQ=HOURLY' };
const at = (text: string) => Date.parse(`2026-06-${text}:00Z`);
const GRACE = 5 * MINUTE_MS;

/** Everything that is done about a schedule until nothing is left to do. */
function done(missed: MissedPolicy, nextAt: number, now: number, what: Recurring = hourly): DueRun[] {
  const runs: DueRun[] = [];
  for (let next: number | null = nextAt; next !== null && runs.length < 1000;) {
    const run = dueRun({ what, missed, nextAt: next, graceMs: GRACE }, now);
    if (run === null) return runs;
    runs.push(run);
    next = run.nextAt;
  }
  return runs;
}
const shown = (runs: readonly DueRun[]) =>
  runs.map(({ act, dueAt }) => `${act} ${new Date(dueAt).toISOString().slice(8, 16)}`);

describe('what is done about a schedule', () => {
  it.each(['skip', 'once', 'all'] as const)('%s: a time that has come is started, once', (missed) => {
    expect(shown(done(missed, at('02T03:00'), at('02T03:00')))).toEqual(['start 02T03:00']);
    expect(shown(done(missed, at('02T03:00'), at('02T03:05')))).toEqual(['start 02T03:00']);
    expect(done(missed, at('02T03:00'), at('02T02:59'))).toEqual([]);
  });

  it.each([
    ['skip', ['miss 02T03:00']],
    ['once', ['miss 02T03:00', 'start 02T07:00']],
    ['all', ['start 02T03:00', 'start 02T04:00', 'start 02T05:00', 'start 02T06:00', 'start 02T07:00']],
  ] as const)('%s, after four and a half hours: %j', (missed, expected) => {
    const runs = done(missed, at('02T03:00'), at('02T07:30'));
    expect(shown(runs)).toEqual(expected);
    expect(runs.at(-1)!.nextAt).toBe(at('02T08:00'));
  });

  it.each([
    ['skip', ['miss 02T03:00', 'start 02T07:00']],
    ['once', ['miss 02T03:00', 'start 02T07:00']],
  ] as const)('%s, back just in time for the last: %j', (missed, expected) =>
    expect(shown(done(missed, at('02T03:00'), at('02T07:03')))).toEqual(expected),
  );

  it('one that missed its only time is made good once, or not', () => {
    const single = { ...hourly, recurrence: null };
    const [start, late] = [at('01T00:00'), at('20T00:00')];
    expect(done('once', start, late, single)).toEqual([{ act: 'start', dueAt: start, until: start, nextAt: null }]);
    expect(done('all', start, late, single)).toEqual([{ act: 'start', dueAt: start, until: start, nextAt: null }]);
    expect(done('skip', start, late, single)).toEqual([{ act: 'miss', dueAt: start, until: start, nextAt: null }]);
  });

  it('years of every minute are one range, found at once', () => {
    const minutely = { ...hourly, recurrence: 'FREQ=MINUTELY' };
    const now = at('01T00:00') + 2 * 365 * 24 * HOUR_MS;
    expect(done('skip', at('01T00:00'), now, minutely).map(({ act }) => act)).toEqual(['miss', 'start']);
  });

  it('every time is accounted for, and none is started twice', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<MissedPolicy>('skip', 'once', 'all'),
        fc.constantFrom(
          'FREQ=HOURLY',
          'FREQ=HOURLY;INTERVAL=7',
          'FREQ=DAILY',
          'FREQ=MINUTELY;INTERVAL=30',
          'FREQ=DAILY;COUNT=3',
        ),
        fc.integer({ min: 0, max: 3 * 24 * 60 }),
        (missed, recurrence, lateMin) => {
          const what = { ...hourly, zone: 'Europe/Berlin', recurrence };
          const nextAt = dueBetween(what, 0, what.starts + 48 * HOUR_MS)[0]!;
          const now = nextAt + lateMin * MINUTE_MS;
          const runs = done(missed, nextAt, now, what);
          const times = dueBetween(what, nextAt - 1, now);
          const starts = runs.filter(({ act }) => act === 'start').map(({ dueAt }) => dueAt);
          expect(new Set(starts).size).toBe(starts.length);
          for (const time of times) {
            const covering = runs.filter(({ dueAt, until }) => dueAt <= time && time <= until);
            expect(covering).toHaveLength(1);
          }
          if (missed === 'all') expect(starts).toEqual(times);
          else expect(starts.length).toBeLessThanOrEqual(1 + Math.ceil(GRACE / (30 * MINUTE_MS)));
          if (missed === 'once') expect(starts.length).toBeGreaterThanOrEqual(1);
          if (missed === 'skip') for (const start of starts) expect(now - start).toBeLessThanOrEqual(GRACE);
        },
      ),
      { numRuns: 60 },
    );
  });
});

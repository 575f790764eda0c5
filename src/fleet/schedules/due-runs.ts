import { nextDue, dueBetween } from '../../orchestration/calendar/due-times.js';
import type { Recurring } from '../../orchestration/calendar/recurrence.js';
import { DAY_MS, HOUR_MS, type Moment } from '../../orchestration/calendar/wall-clock.js';
import type { MissedPolicy } from './schedule.entity.js';

export interface DueFacts {
  readonly what: Recurring;
  readonly missed: MissedPolicy;
  /** The first time that nothing was done about yet. */
  readonly nextAt: Moment;
  /** So much later is still in time. */
  readonly graceMs: number;
}

/** What to do about one time, or about all times from one to another. */
export interface DueRun {
  readonly act: 'start' | 'miss';
  readonly dueAt: Moment;
  /** The last of the times that were missed together. */
  readonly until: Moment;
  /** What is next when this is done; it is stored with it. Null: the schedule is over. */
  readonly nextAt: Moment | null;
}

/** Far enough back for any schedule that has a time at all in that span; the rest of a long pause is one range. */
const LOOKS_BACK = [3 * HOUR_MS, 2 * DAY_MS, 40 * DAY_MS, 400 * DAY_MS, 5 * 366 * DAY_MS];

/**
 * The next thing to do about a schedule whose time has come; null: nothing yet. Times that passed while nobody was there are
 * `skip`ped, made good `once`, or `all` made good one after the other. Pure: doing it and asking again comes to an end.
 */
export function dueRun(facts: DueFacts, now: Moment): DueRun | null {
  if (facts.nextAt > now) return null;
  const { what, missed, nextAt, graceMs } = facts;
  const isLate = now - nextAt > graceMs;
  if (missed === 'all' || !isLate) return start(what, nextAt);
  const latest = latestDue(what, nextAt, now);
  const isLatestLate = now - latest > graceMs;
  if (missed === 'skip' && isLatestLate) return miss(what, nextAt, latest);
  // All but the latest are over: that one is in time, or stands for them.
  return latest === nextAt ? start(what, nextAt) : missBefore(nextAt, latest);
}

function start(what: Recurring, dueAt: Moment): DueRun {
  return { act: 'start', dueAt, until: dueAt, nextAt: nextDue(what, dueAt) };
}

function miss(what: Recurring, dueAt: Moment, until: Moment): DueRun {
  return { act: 'miss', dueAt, until, nextAt: nextDue(what, until) };
}

function missBefore(dueAt: Moment, latest: Moment): DueRun {
  return { act: 'miss', dueAt, until: latest - 1, nextAt: latest };
}

function latestDue(what: Recurring, nextAt: Moment, now: Moment): Moment {
  for (const back of LOOKS_BACK) {
    const latest = dueBetween(what, Math.max(nextAt - 1, now - back), now).at(-1);
    if (latest !== undefined) return latest;
  }
  return nextAt;
}

import { isSubDaily, LOOKS_AHEAD, type Recurring, timesBetween } from './recurrence.js';
import { HOUR_MS, type Moment, momentsOf, type WallTime, wallTimeOf } from './wall-clock.js';

/** More than a clock is put forward or back by: what is due there may lie so far from what it shows. */
const MOST_LEAP = 3 * HOUR_MS;

/**
 * When something that is started by the wall clock is due: once each time. A time the clock leaps over is due when it leaps;
 * one it shows twice is due at the first. What recurs within the day (every quarter of an hour) goes on evenly instead.
 */
export function nextDue(what: Recurring, after: Moment): Moment | null {
  for (const ahead of LOOKS_AHEAD) {
    const [first] = dueBetween(what, after, Math.max(after, what.starts) + ahead);
    if (first !== undefined) return first;
  }
  return null;
}

/** The due times in (after, upTo], in order. */
export function dueBetween(what: Recurring, after: Moment, upTo: Moment): Moment[] {
  const times = timesBetween(what, wallTimeOf(after, what.zone) - MOST_LEAP, wallTimeOf(upTo, what.zone) + MOST_LEAP);
  const due = times.flatMap((time) => dueMoments(what, time)).filter((moment) => moment > after && moment <= upTo);
  return [...new Set(due)].sort((a, b) => a - b);
}

function dueMoments(what: Recurring, time: WallTime): Moment[] {
  const moments = momentsOf(time, what.zone);
  if (moments.kind === 'one') return [moments.at];
  if (!isSubDaily(what.recurrence)) return [moments.kind === 'fold' ? moments.first : moments.at];
  return moments.kind === 'fold' ? [moments.first, moments.second] : [];
}

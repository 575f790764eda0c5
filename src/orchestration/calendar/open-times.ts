import { type Recurring, timesBetween } from './recurrence.js';
import { difference, intersection, type Span, type Spans, union } from './spans.js';
import { DAY_MS, MINUTE_MS, type Moment, type Moments, momentsOf, type WallTime, wallTimeOf } from './wall-clock.js';

/** A window or a blackout: each time it recurs it lasts for so long by the wall clock, whatever the clock does meanwhile. */
export interface RecurringSpan extends Recurring {
  readonly name: string;
  readonly durationMin: number;
}

/**
 * What holds for one piece of work. Each group (the batch's own windows, its site's, those of each of its tags, everybody's)
 * must have one that is open, and no blackout may be on. Without any group it is always open but for blackouts.
 */
export interface Calendar {
  readonly groups: readonly WindowGroup[];
  readonly blackouts: readonly RecurringSpan[];
}

export interface WindowGroup {
  /** As a reason names it: `the batch`, `site lab`, `tag core`, `everything`. */
  readonly of: string;
  readonly windows: readonly RecurringSpan[];
}

/** How far ahead an opening is looked for. */
export const HORIZON_MS = 400 * DAY_MS;
const LOOKS_AHEAD = [3 * DAY_MS, 35 * DAY_MS, HORIZON_MS];

/** When work may start in [from, to). Ends are cut off there. */
export function openTimes(calendar: Calendar, from: Moment, to: Moment): Spans {
  let open = union([{ start: from, end: to }]);
  for (const { windows } of calendar.groups) {
    open = intersection(open, union(windows.flatMap((window) => spansOf(window, 'window', from, to))));
  }
  return difference(open, union(calendar.blackouts.flatMap((blackout) => spansOf(blackout, 'blackout', from, to))));
}

export function isOpen(calendar: Calendar, at: Moment): boolean {
  return openTimes(calendar, at, at + 1).length > 0;
}

/**
 * The first opening at or after `from`, from then on; null: none within `HORIZON_MS`. Its end may be cut off at the horizon
 * looked at.
 */
export function nextOpening(calendar: Calendar, from: Moment): Span | null {
  for (const ahead of LOOKS_AHEAD) {
    const [found] = openTimes(calendar, from, from + ahead);
    if (found) return found;
  }
  return null;
}

/** Why work cannot start at `at`, for people; null: it can. */
export function closedBecause(calendar: Calendar, at: Moment): string | null {
  const blackout = calendar.blackouts.find((each) => isOn(each, 'blackout', at));
  if (blackout) return `the blackout ${blackout.name} is on`;
  const closed = calendar.groups.find(({ windows }) => !windows.some((window) => isOn(window, 'window', at)));
  if (!closed) return null;
  return `no window of ${closed.of} is open (${closed.windows.map(({ name }) => name).join(', ')})`;
}

type SpanKind = 'window' | 'blackout';

function isOn(what: RecurringSpan, kind: SpanKind, at: Moment): boolean {
  return spansOf(what, kind, at, at + 1).some(({ start, end }) => start <= at && at < end);
}

/** Those that touch [from, to). */
export function spansOf(what: RecurringSpan, kind: SpanKind, from: Moment, to: Moment): Span[] {
  const durationMs = what.durationMin * MINUTE_MS;
  // A day more on either side: what the clocks do in between is never as much.
  const first = wallTimeOf(from, what.zone) - durationMs - DAY_MS;
  return timesBetween(what, first, wallTimeOf(to, what.zone) + DAY_MS)
    .map((start) => spanAt(start, start + durationMs, what.zone, kind))
    .filter(({ start, end }) => start < end && start < to && end > from);
}

/**
 * One occurrence as moments. Where the wall clock leaves a choice, work waits: a window begins at the later and ends at the
 * earlier of the two times the clock shows the same; a blackout the other way round.
 */
function spanAt(start: WallTime, end: WallTime, zone: string, kind: SpanKind): Span {
  const begins = momentsOf(start, zone);
  const ends = momentsOf(end, zone);
  if (kind === 'blackout') return { start: earlier(begins), end: later(ends) };
  const span = { start: later(begins), end: earlier(ends) };
  // Both in the hour that comes twice: it is open in the first of them.
  return span.end <= span.start && begins.kind === 'fold' ? { start: begins.first, end: span.end } : span;
}

export function earlier(moments: Moments): Moment {
  return moments.kind === 'fold' ? moments.first : moments.at;
}

export function later(moments: Moments): Moment {
  return moments.kind === 'fold' ? moments.second : moments.at;
}

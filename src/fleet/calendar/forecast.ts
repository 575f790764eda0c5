import { type Calendar, HORIZON_MS, nextOpening, openTimes } from '../../orchestration/calendar/open-times.js';
import type { Moment } from '../../orchestration/calendar/wall-clock.js';

/** Targets of a wave that have the same calendar. */
export interface ForecastGroup {
  readonly calendar: Calendar;
  readonly count: number;
  /** The first of them, to name one. */
  readonly label: string;
}

export interface ForecastWave {
  readonly label: string;
  readonly soakMs: number;
  readonly groups: readonly ForecastGroup[];
}

export interface ForecastWish {
  readonly from: Moment;
  /** Nothing starts after it; null: whenever. */
  readonly deadline: Moment | null;
  /** How long one target takes; 0 where nobody said: what is found then is the earliest there can be. */
  readonly targetMs: number;
  /** Targets in progress at the same time; null: all of a wave. */
  readonly atOnce: number | null;
  readonly waves: readonly ForecastWave[];
}

/** When a wave opens, when the first and the last of its targets are begun with, and when it is over; at the earliest. */
export interface WaveForecast {
  readonly label: string;
  readonly targets: number;
  readonly opensAt: Moment;
  readonly firstStart: Moment | null;
  readonly lastStart: Moment | null;
  readonly endsAt: Moment | null;
}

export interface Misfit {
  readonly wave: number;
  readonly why: string;
}

export interface Forecast {
  /** Up to the first that does not fit. */
  readonly waves: readonly WaveForecast[];
  readonly misfit: Misfit | null;
}

/** When each wave would start, were nothing to fail and nobody to pause; pure. */
export function forecast(wish: ForecastWish): Forecast {
  const waves: WaveForecast[] = [];
  let opensAt = wish.from;
  for (const [index, wave] of wish.waves.entries()) {
    const found = wave.groups.map((group) => startsOf(group, opensAt, wish));
    const late = found.findIndex((starts) => starts === null);
    const targets = wave.groups.reduce((sum, { count }) => sum + count, 0);
    if (late !== -1) {
      waves.push({ label: wave.label, targets, opensAt, firstStart: null, lastStart: null, endsAt: null });
      return { waves, misfit: { wave: index, why: whyNot(wave.groups[late]!, opensAt, wish) } };
    }
    const firstStart = Math.min(...found.map((starts) => starts!.first));
    const lastStart = Math.max(...found.map((starts) => starts!.last));
    const endsAt = lastStart + wish.targetMs;
    waves.push({ label: wave.label, targets, opensAt, firstStart, lastStart, endsAt });
    opensAt = endsAt + wave.soakMs;
  }
  return { waves, misfit: null };
}

interface Starts {
  readonly first: Moment;
  readonly last: Moment;
}

/** Null: not all of them start before the deadline, or within what anybody looks ahead. */
function startsOf(group: ForecastGroup, from: Moment, { targetMs, atOnce, deadline }: ForecastWish): Starts | null {
  const until = Math.min(deadline ?? Infinity, from + HORIZON_MS);
  if (from >= until) return null;
  let rounds = targetMs === 0 || atOnce === null ? 1 : Math.ceil(group.count / atOnce);
  const next = nextOpening(group.calendar, from);
  if (next === null || next.start >= until) return null;
  if (rounds === 1) return { first: next.start, last: next.start };
  let free = next.start;
  for (const { start, end } of openTimes(group.calendar, next.start, until)) {
    const begins = Math.max(start, free);
    const here = Math.min(rounds, Math.max(0, Math.ceil((end - begins) / targetMs)));
    if (here > 0) free = begins + here * targetMs;
    rounds -= here;
    if (rounds === 0) return { first: next.start, last: free - targetMs };
  }
  return null;
}

function whyNot(group: ForecastGroup, from: Moment, { deadline }: ForecastWish): string {
  const next = nextOpening(group.calendar, from);
  const at = (moment: Moment) => new Date(moment).toISOString();
  if (next === null) return `${group.label} has no window within ${HORIZON_MS / 86_400_000} days of ${at(from)}`;
  if (deadline === null) return `its ${group.count} targets like ${group.label} do not fit into their windows`;
  if (from >= deadline) return `it would open at ${at(from)}, after the deadline ${at(deadline)}`;
  if (next.start >= deadline) {
    return `${group.label} may start at ${at(next.start)} at the earliest, after the deadline ${at(deadline)}`;
  }
  return `not all of its ${group.count} targets like ${group.label} can start before the deadline ${at(deadline)}`;
}

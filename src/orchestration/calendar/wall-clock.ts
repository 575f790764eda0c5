import { IANAZone } from 'luxon';

/**
 * Time as a clock on a wall shows it, in milliseconds as if it were UTC. It is no moment yet: in spring some of its times
 * never come, in autumn some come twice.
 */
export type WallTime = number;

/** Milliseconds since 1970, UTC. */
export type Moment = number;

/** What a time of the wall clock is on one day of one zone. */
export type Moments =
  | { readonly kind: 'one'; readonly at: Moment }
  /** Never shown: `at` is when the clock is put forward past it. */
  | { readonly kind: 'gap'; readonly at: Moment }
  /** Shown twice. */
  | { readonly kind: 'fold'; readonly first: Moment; readonly second: Moment };

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** More than any clock was ever put forward or back by, and less than lies between two changes. */
const AROUND_A_CHANGE = 40 * HOUR_MS;
const WALL_TIME = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d))?$/;

/** `2026-11-21T02:00` or with seconds, without any zone. Null: it is no such time. */
export function parseWallTime(text: string): WallTime | null {
  const parts = WALL_TIME.exec(text)
    ?.slice(1)
    .map((part) => Number(part ?? 0));
  if (parts === undefined) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.map((part) => part || 0);
  if (year < 1970 || hour > 23 || minute > 59 || second > 59) return null;
  const time = Date.UTC(year, month - 1, day, hour, minute, second);
  return new Date(time).getUTCMonth() === month - 1 && new Date(time).getUTCDate() === day ? time : null;
}

export function wallTimeText(time: WallTime): string {
  return new Date(time).toISOString().slice(0, 19);
}

/** A name of the IANA's: `Europe/Berlin`, `UTC`. An offset is no zone: it knows nothing of daylight saving. */
export function isZoneName(name: string): boolean {
  return /^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/.test(name) && IANAZone.isValidZone(name);
}

export function wallTimeOf(at: Moment, zone: string): WallTime {
  return at + offsetAt(at, IANAZone.create(zone));
}

export function momentsOf(time: WallTime, zoneName: string): Moments {
  const zone = IANAZone.create(zoneName);
  const before = offsetAt(time - AROUND_A_CHANGE, zone);
  const after = offsetAt(time + AROUND_A_CHANGE, zone);
  const moments = [...new Set([before, after])]
    .filter((offset) => offsetAt(time - offset, zone) === offset)
    .map((offset) => time - offset)
    .sort((a, b) => a - b);
  const [first, second] = moments;
  if (first === undefined) return { kind: 'gap', at: changeBetween(time - after, time - before, zone) };
  return second === undefined ? { kind: 'one', at: first } : { kind: 'fold', first, second };
}

/** When the offset becomes what it is at `to`; at `from` it is another. */
function changeBetween(from: Moment, to: Moment, zone: IANAZone): Moment {
  const late = offsetAt(to, zone);
  let before = from - 1;
  let since = to;
  while (since - before > 1) {
    const middle = Math.floor((before + since) / 2);
    if (offsetAt(middle, zone) === late) since = middle;
    else before = middle;
  }
  return since;
}

function offsetAt(at: Moment, zone: IANAZone): number {
  return zone.offset(at) * MINUTE_MS;
}

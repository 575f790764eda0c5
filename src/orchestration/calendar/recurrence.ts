import { RRuleTemporal } from 'rrule-temporal';
import { recurrenceProblem } from './recurrence-rule.js';
import { DAY_MS, HOUR_MS, type WallTime, wallTimeOf } from './wall-clock.js';

/**
 * When something recurs, by the wall clock: RFC 5545 rules without any zone, so that "every day at two" is at two on the
 * days the clocks change as well. What such a time is as a moment is decided by who uses it.
 */
export interface Recurring {
  readonly zone: string;
  readonly starts: WallTime;
  /** An RRULE without its name; null: once, at `starts`. */
  readonly recurrence: string | null;
}

/** How far ahead anybody looks: a rule that has no time in five years has none. */
export const FARTHEST_MS = 5 * 366 * DAY_MS;

/** Sub-daily rules are many times, so the next one is looked for near first. */
export const LOOKS_AHEAD = [3 * HOUR_MS, 2 * DAY_MS, 9 * DAY_MS, 40 * DAY_MS, 400 * DAY_MS, FARTHEST_MS];

/** Its times in [from, to), in order. Throws where the rule costs more to follow than a rule may. */
export function timesBetween(what: Recurring, from: WallTime, to: WallTime): WallTime[] {
  const since = Math.max(from, what.starts);
  if (since >= to) return [];
  if (what.recurrence === null) return what.starts >= from ? [what.starts] : [];
  return ruleOf(what)
    .between(new Date(since), new Date(to), true)
    .map(({ epochMilliseconds }) => epochMilliseconds)
    .filter((time) => time >= since && time < to);
}

/** The first time at or after `from`; null: none in sight. */
export function firstTime(what: Recurring, from: WallTime): WallTime | null {
  const since = Math.max(from, what.starts);
  let looked = since;
  for (const ahead of LOOKS_AHEAD) {
    const [first] = timesBetween(what, looked, since + ahead);
    if (first !== undefined) return first;
    looked = since + ahead;
  }
  return null;
}

/** What is wrong with it, as the end of a sentence that begins with its name; null: nothing. */
export function recurringProblem(what: Recurring): string | null {
  if (what.recurrence === null) return null;
  const problem = recurrenceProblem(what.recurrence);
  if (problem !== null) return problem;
  try {
    return firstTime(what, what.starts) === null ? 'has no time within five years of its start' : null;
  } catch {
    return 'is too rare, or has too many times, to be followed';
  }
}

export function isSubDaily(recurrence: string | null): boolean {
  return recurrence !== null && /(^|;)FREQ=(HOURLY|MINUTELY)(;|$)/.test(recurrence);
}

const MOST_RULES = 500;
const rules = new Map<string, RRuleTemporal>();

/** Reading a rule costs more than asking it; a process has a few hundred at most. */
function ruleOf(what: Recurring): RRuleTemporal {
  const text = icsOf(what);
  const known = rules.get(text);
  if (known) return known;
  if (rules.size >= MOST_RULES) rules.clear();
  const rule = new RRuleTemporal({ rruleString: text, maxIterations: 20_000, maxCandidateEvaluations: 200_000 });
  rules.set(text, rule);
  return rule;
}

function icsOf({ zone, starts, recurrence }: Recurring): string {
  const rule = (recurrence ?? '').replace(/UNTIL=([0-9TZ]+)/, (_all, until: string) => `UNTIL=${untilOf(until, zone)}`);
  return `DTSTART;TZID=UTC:${icsTime(starts)}\nRRULE:${rule}`;
}

/** The last time as the wall clock shows it: one with a `Z` is a moment, a day lasts until its end. */
function untilOf(text: string, zone: string): string {
  if (!text.includes('T')) return `${text}T235959Z`;
  if (!text.endsWith('Z')) return `${text}Z`;
  const [, year, month, day, hour, minute, second] = (/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text) ?? []).map(
    Number,
  );
  return `${icsTime(wallTimeOf(Date.UTC(year!, month! - 1, day, hour, minute, second), zone))}Z`;
}

function icsTime(time: WallTime): string {
  return new Date(time).toISOString().slice(0, 19).replace(/[-:]/g, '');
}

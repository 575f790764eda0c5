/**
 * Which recurrence rules are taken: RFC 5545 section 3.3.10 without seconds. The library that follows them passes over what
 * it does not know; a rule that says something else than its author thinks must be refused when it is written.
 */
export function recurrenceProblem(rule: string): string | null {
  if (rule.length > 500) return 'is longer than 500 characters';
  const parts = rule.split(';').map((part) => /^([A-Z]+)=([A-Z0-9,+-]+)$/.exec(part));
  if (parts.some((part) => part === null)) return 'must be an RRULE such as FREQ=WEEKLY;BYDAY=SA,SU';
  const pairs = parts.map((part) => [part![1]!, part![2]!] as const);
  const fields = new Map(pairs);
  if (fields.size < pairs.length) return 'says one of its parts twice';
  const unknown = pairs.find(([name]) => !Object.hasOwn(PARTS, name));
  if (unknown) return `has the part ${unknown[0]}, which is none of ${Object.keys(PARTS).join(', ')}`;
  const wrong = pairs.find(([name, value]) => !PARTS[name]!(value));
  if (wrong?.[0] === 'FREQ') return `must have one of ${FREQUENCIES.join(', ')} in FREQ`;
  if (wrong) return `has a value in ${wrong[0]} that cannot be`;
  if (timesADay(rule) > MOST_TIMES_A_DAY) return `has more than ${MOST_TIMES_A_DAY} times a day in BYHOUR and BYMINUTE`;
  return contradiction(fields);
}

const FREQUENCIES = ['YEARLY', 'MONTHLY', 'WEEKLY', 'DAILY', 'HOURLY', 'MINUTELY'];
/** Each time costs a little to find from the first on. */
const MOST_TIMES = 500;
/** Every quarter of an hour. More often is MINUTELY, whose days are not written down. */
const MOST_TIMES_A_DAY = 96;

const PARTS: Readonly<Record<string, (value: string) => boolean>> = {
  FREQ: (value) => FREQUENCIES.includes(value),
  INTERVAL: numbers(1, 1000, { signed: false, single: true }),
  COUNT: numbers(1, MOST_TIMES, { signed: false, single: true }),
  UNTIL: isUntil,
  BYDAY: (value) => value.split(',').every((day) => /^([+-]?([1-9]|[1-4]\d|5[0-3]))?(MO|TU|WE|TH|FR|SA|SU)$/.test(day)),
  BYMONTHDAY: numbers(1, 31, { signed: true }),
  BYYEARDAY: numbers(1, 366, { signed: true }),
  BYWEEKNO: numbers(1, 53, { signed: true }),
  BYMONTH: numbers(1, 12, { signed: false }),
  BYHOUR: numbers(0, 23, { signed: false }),
  BYMINUTE: numbers(0, 59, { signed: false }),
  BYSETPOS: numbers(1, 366, { signed: true }),
  WKST: (value) => /^(MO|TU|WE|TH|FR|SA|SU)$/.test(value),
};

function numbers(least: number, most: number, how: { signed: boolean; single?: boolean }): (value: string) => boolean {
  return (value) => {
    const items = value.split(',');
    if (how.single && items.length > 1) return false;
    return items.every((item) => {
      const number = (how.signed ? /^[+-]?\d{1,4}$/ : /^\d{1,4}$/).test(item) ? Math.abs(Number(item)) : NaN;
      return number >= least && number <= most;
    });
  };
}

function isUntil(value: string): boolean {
  const match = /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)Z?)?$/.exec(value);
  if (!match) return false;
  const [year, month, day, hour, minute, second] = match.slice(1).map((part) => Number(part ?? 0));
  const date = new Date(Date.UTC(year!, month! - 1, day));
  return date.getUTCMonth() === month! - 1 && date.getUTCDate() === day && hour! < 24 && minute! < 60 && second! < 60;
}

/** How many times a day the hours and minutes of a rule make: a day is followed by writing all of them down. */
export function timesADay(rule: string): number {
  const items = (part: string) => new RegExp(`(?:^|;)${part}=([^;]*)`).exec(rule)?.[1]?.split(',').length ?? 1;
  return items('BYHOUR') * items('BYMINUTE');
}

/** Between two of their times the library counts every hour or minute; more of them than it counts would end all looking. */
const TOO_LONG: Readonly<Record<string, readonly string[]>> = {
  HOURLY: ['BYMONTH'],
  MINUTELY: ['BYMONTH', 'BYMONTHDAY'],
};

/** Parts that RFC 5545 does not allow together, or that make a rule nobody can follow. */
function contradiction(fields: ReadonlyMap<string, string>): string | null {
  const frequency = fields.get('FREQ');
  if (frequency === undefined) return 'has no FREQ';
  if (fields.has('COUNT') && fields.has('UNTIL')) return 'has both COUNT and UNTIL';
  const isLong = frequency === 'YEARLY' || frequency === 'MONTHLY';
  if (!isLong && /\d/.test(fields.get('BYDAY') ?? '')) return 'counts days in BYDAY, which takes MONTHLY or YEARLY';
  if (frequency === 'WEEKLY' && fields.has('BYMONTHDAY')) return 'has BYMONTHDAY, which WEEKLY does not take';
  for (const part of TOO_LONG[frequency] ?? []) {
    if (fields.has(part))
      return `has ${part}, which ${frequency} does not take: it would be counted through the whole gap`;
  }
  for (const part of ['BYWEEKNO', 'BYYEARDAY']) {
    if (frequency !== 'YEARLY' && fields.has(part)) return `has ${part}, which takes YEARLY`;
  }
  const hasOther = [...fields.keys()].some((name) => name.startsWith('BY') && name !== 'BYSETPOS');
  return fields.has('BYSETPOS') && !hasOther ? 'has BYSETPOS and no other BY part' : null;
}

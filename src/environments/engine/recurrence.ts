import { CronTime } from 'cron';

const PERIOD = /^([1-9]\d{0,5})([mhd])$/;
const MILLISECONDS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** When something recurs after `from`: every `30m`, `12h`, `1d`, or by a line of cron or Quartz. Null: it is neither. */
export function nextTime(recurrence: string, from: Date): Date | null {
  const period = PERIOD.exec(recurrence.trim());
  if (period) {
    const [, count, unit] = period;
    return new Date(from.getTime() + Number(count) * MILLISECONDS[unit as keyof typeof MILLISECONDS]);
  }
  const line = cronLine(recurrence.trim().split(/\s+/));
  if (line === null) return null;
  try {
    return new CronTime(line, 'utc').getNextDateFrom(from).toJSDate();
  } catch {
    return null;
  }
}

/**
 * As cron writes it; null for what would start a workflow more often than once a minute. Quartz, which the original asks, marks
 * with `?` the one of its two fields for days that says nothing, and counts weekdays from 1 for Sunday where cron has 0.
 */
function cronLine(fields: readonly string[]): string | null {
  const [second = '', minute, hour, day, month, weekday] = fields;
  if (second === '@secondly' || (fields.length === 6 && !/^\d+$/.test(second))) return null;
  if (day === '?' && weekday !== '?') return [second, minute, hour, '*', month, cronWeekdays(weekday)].join(' ');
  if (weekday === '?') return [second, minute, hour, day, month, '*'].join(' ');
  return fields.join(' ');
}

function cronWeekdays(quartz = ''): string {
  return quartz.replace(/(?<![\d/])\d+/g, (number) => String(Number(number) - 1));
}

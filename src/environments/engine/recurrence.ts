import { CronTime } from 'cron';

const PERIOD = /^([1-9]\d{0,5})([mhd])$/;
const MILLISECONDS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** When something recurs after `from`: every `30m`, `12h`, `1d`, or by the lines of cron. Null: that is neither. */
export function nextTime(recurrence: string, from: Date): Date | null {
  const period = PERIOD.exec(recurrence.trim());
  if (period) {
    const [, count, unit] = period;
    return new Date(from.getTime() + Number(count) * MILLISECONDS[unit as keyof typeof MILLISECONDS]);
  }
  try {
    return new CronTime(recurrence.trim(), 'utc').getNextDateFrom(from).toJSDate();
  } catch {
    return null;
  }
}

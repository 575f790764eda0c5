import { recurringProblem, timesBetween } from './recurrence.js';
import { recurrenceProblem } from './recurrence-rule.js';
import { parseWallTime, wallTimeText } from './wall-clock.js';

const wall = (text: string) => parseWallTime(text)!;
const rule = (recurrence: string | null, starts = '2026-01-01T02:00', zone = 'Europe/Berlin') => ({
  zone,
  starts: wall(starts),
  recurrence,
});
const times = (what: ReturnType<typeof rule>, from: string, to: string) =>
  timesBetween(what, wall(from), wall(to)).map((time) => wallTimeText(time).slice(0, 16));

describe('a recurrence rule', () => {
  it.each([
    'FREQ=DAILY',
    'FREQ=WEEKLY;INTERVAL=2;BYDAY=SA,SU;WKST=MO',
    'FREQ=MONTHLY;BYDAY=2TU',
    'FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1',
    'FREQ=MONTHLY;BYMONTHDAY=-1',
    'FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO',
    'FREQ=MINUTELY;INTERVAL=15;BYHOUR=8,9',
    'FREQ=MINUTELY',
    'FREQ=MINUTELY;BYDAY=MO;BYHOUR=3',
    'FREQ=DAILY;UNTIL=20270101T000000Z',
    'FREQ=DAILY;UNTIL=20270101',
    'FREQ=DAILY;COUNT=500',
  ])('%s is taken', (text) => {
    expect(recurrenceProblem(text)).toBeNull();
    expect(recurringProblem(rule(text))).toBeNull();
  });

  it.each([
    ['', 'must be an RRULE'],
    ['DAILY', 'must be an RRULE'],
    ['freq=daily', 'must be an RRULE'],
    ['RRULE:FREQ=DAILY', 'must be an RRULE'],
    ['FREQ=DAILY;', 'must be an RRULE'],
    ['FREQ=DAILY\nRDATE=20260101', 'must be an RRULE'],
    ['INTERVAL=2', 'no FREQ'],
    ['FREQ=SECONDLY', 'FREQ'],
    ['FREQ=DAILY;FREQ=WEEKLY', 'twice'],
    ['FREQ=DAILY;FOO=1', 'FOO'],
    ['FREQ=DAILY;BYSECOND=1', 'BYSECOND'],
    ['FREQ=DAILY;INTERVAL=0', 'INTERVAL'],
    ['FREQ=DAILY;INTERVAL=1001', 'INTERVAL'],
    ['FREQ=DAILY;INTERVAL=1,2', 'INTERVAL'],
    ['FREQ=DAILY;COUNT=501', 'COUNT'],
    ['FREQ=DAILY;COUNT=1;UNTIL=20270101', 'both'],
    ['FREQ=DAILY;UNTIL=20270231', 'UNTIL'],
    ['FREQ=DAILY;BYHOUR=24', 'BYHOUR'],
    ['FREQ=DAILY;BYHOUR=-1', 'BYHOUR'],
    ['FREQ=DAILY;BYMONTH=13', 'BYMONTH'],
    ['FREQ=DAILY;BYMONTHDAY=0', 'BYMONTHDAY'],
    ['FREQ=WEEKLY;BYMONTHDAY=1', 'BYMONTHDAY'],
    ['FREQ=WEEKLY;BYDAY=2TU', 'BYDAY'],
    ['FREQ=MONTHLY;BYDAY=XX', 'BYDAY'],
    ['FREQ=MONTHLY;BYYEARDAY=3', 'BYYEARDAY'],
    ['FREQ=DAILY;BYSETPOS=1', 'BYSETPOS'],
    ['FREQ=MINUTELY;BYMONTH=2', 'BYMONTH'],
    ['FREQ=MINUTELY;BYMONTHDAY=1', 'BYMONTHDAY'],
    ['FREQ=HOURLY;BYMONTH=2', 'BYMONTH'],
    ['FREQ=DAILY;BYHOUR=1,2,3,4,5;BYMINUTE=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19', '96 times a day'],
    [`FREQ=DAILY;BYHOUR=${'1,'.repeat(300)}1`, '500 characters'],
  ])('%j is refused', (text, says) => expect(recurrenceProblem(text)).toContain(says));

  it.each(['FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30', 'FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30', 'FREQ=DAILY;UNTIL=20200101'])(
    '%s has no time and is refused, in a time that somebody waits for',
    (text) => expect(recurringProblem(rule(text))).toContain('no time within five years'),
  );

  it('counts from its own first time, and that one only when the rule has it', () => {
    expect(times(rule('FREQ=WEEKLY;BYDAY=MO', '2026-01-01T02:00'), '2025-01-01T00:00', '2026-01-13T00:00')).toEqual([
      '2026-01-05T02:00',
      '2026-01-12T02:00',
    ]);
    expect(times(rule(null, '2026-01-01T02:00'), '2026-01-01T02:00', '2026-01-01T02:01')).toEqual(['2026-01-01T02:00']);
    expect(times(rule(null, '2026-01-01T02:00'), '2026-01-01T02:01', '2027-01-01T02:01')).toEqual([]);
  });

  it('is at the same time of the clock on the days it changes', () => {
    expect(times(rule('FREQ=DAILY'), '2026-03-28T00:00', '2026-03-31T00:00')).toEqual([
      '2026-03-28T02:00',
      '2026-03-29T02:00',
      '2026-03-30T02:00',
    ]);
  });

  it('knows the last time as a day, as the clock shows it, and as a moment', () => {
    const last = (until: string) =>
      times(rule(`FREQ=DAILY;UNTIL=${until}`), '2026-01-01T00:00', '2027-01-01T00:00').at(-1);
    expect(last('20260704')).toBe('2026-07-04T02:00');
    expect(last('20260704T020000')).toBe('2026-07-04T02:00');
    expect(last('20260704T015959')).toBe('2026-07-03T02:00');
    // Two o'clock in Berlin is midnight UTC in summer.
    expect(last('20260704T000000Z')).toBe('2026-07-04T02:00');
    expect(last('20260703T235959Z')).toBe('2026-07-03T02:00');
  });

  it('finds times far from its first as it finds near ones', () => {
    expect(
      times(rule('FREQ=WEEKLY;INTERVAL=2;BYDAY=TU', '1970-01-06T02:00'), '2026-03-01T00:00', '2026-04-01T00:00'),
    ).toEqual(['2026-03-03T02:00', '2026-03-17T02:00', '2026-03-31T02:00']);
  });
});

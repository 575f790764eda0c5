import fc from 'fast-check';
import { dueBetween, nextDue } from './due-times.js';
import { DAY_MS, HOUR_MS, MINUTE_MS, parseWallTime } from './wall-clock.js';

const daily = (zone: string, time: string, recurrence: string | null = 'FREQ=DAILY') => ({
  zone,
  starts: parseWallTime(`2026-01-01T${time}`)!,
  recurrence,
});
const due = (what: ReturnType<typeof daily>, after: string, upTo: string) =>
  dueBetween(what, Date.parse(after), Date.parse(upTo)).map((at) => new Date(at).toISOString().slice(0, 16));

describe('when a schedule is due', () => {
  it.each([
    ['Europe/Berlin', '02:30', '2026-03-28T00:00Z', ['2026-03-28T01:30', '2026-03-29T01:00', '2026-03-30T00:30']],
    ['Europe/Berlin', '02:30', '2026-10-24T00:00Z', ['2026-10-24T00:30', '2026-10-25T00:30', '2026-10-26T01:30']],
    ['America/New_York', '02:30', '2026-03-07T00:00Z', ['2026-03-07T07:30', '2026-03-08T07:00', '2026-03-09T06:30']],
    ['America/New_York', '01:30', '2026-10-31T00:00Z', ['2026-10-31T05:30', '2026-11-01T05:30', '2026-11-02T06:30']],
    ['Australia/Lord_Howe', '02:10', '2026-10-03T00:00Z', ['2026-10-03T15:30', '2026-10-04T15:10', '2026-10-05T15:10']],
    ['Australia/Lord_Howe', '01:45', '2026-04-04T00:00Z', ['2026-04-04T14:45', '2026-04-05T15:15', '2026-04-06T15:15']],
  ])('%s at %s: once a day, on the days the clock changes too', (zone, time, after, expected) => {
    expect(due(daily(zone, time), after, new Date(Date.parse(after) + 3 * DAY_MS).toISOString())).toEqual(expected);
  });

  it('what recurs within the day goes on evenly through both changes', () => {
    const quarter = daily('Europe/Berlin', '00:00', 'FREQ=MINUTELY;INTERVAL=15');
    for (const day of ['2026-03-28T22:00Z', '2026-10-24T22:00Z']) {
      const after = Date.parse(day);
      const times = dueBetween(quarter, after, after + 6 * HOUR_MS);
      expect(times).toEqual(Array.from({ length: 24 }, (_, index) => after + (index + 1) * 15 * MINUTE_MS));
    }
  });

  it('is over after its last time', () => {
    expect(nextDue(daily('UTC', '02:00', null), Date.parse('2026-01-01T02:00Z'))).toBeNull();
    expect(nextDue(daily('UTC', '02:00', null), Date.parse('2026-01-01T01:59:59Z'))).toBe(
      Date.parse('2026-01-01T02:00Z'),
    );
    expect(nextDue(daily('UTC', '02:00', 'FREQ=DAILY;COUNT=2'), Date.parse('2026-01-02T02:00Z'))).toBeNull();
  });

  it('one after the other is the same as all of them at once', () => {
    const anything = fc.record({
      zone: fc.constantFrom('Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe'),
      minute: fc.integer({ min: 0, max: 1439 }),
      recurrence: fc.constantFrom(
        'FREQ=DAILY',
        'FREQ=HOURLY',
        'FREQ=MINUTELY;INTERVAL=20',
        'FREQ=WEEKLY;BYDAY=SU',
        'FREQ=DAILY;BYHOUR=1,2,3',
      ),
    });
    const changes = [
      '2026-03-29T00:00Z',
      '2026-10-25T00:00Z',
      '2026-03-08T06:00Z',
      '2026-11-01T05:00Z',
      '2026-04-04T14:00Z',
    ];
    fc.assert(
      fc.property(
        anything,
        fc.constantFrom(...changes),
        fc.integer({ min: -300, max: 300 }),
        (wish, change, minutes) => {
          const what = { ...wish, starts: Date.parse('2026-01-01T00:00Z') + wish.minute * MINUTE_MS };
          const from = Date.parse(change) + minutes * MINUTE_MS;
          const upTo = from + 12 * HOUR_MS;
          const found: number[] = [];
          for (let at = nextDue(what, from); at !== null && at <= upTo; at = nextDue(what, at)) found.push(at);
          expect(found).toEqual(dueBetween(what, from, upTo));
        },
      ),
      { numRuns: 40 },
    );
  });
});

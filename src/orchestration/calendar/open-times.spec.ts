import fc from 'fast-check';
import {
  closedBecause,
  isOpen,
  nextOpening,
  openTimes,
  type Calendar,
  type RecurringSpan,
  spansOf,
} from './open-times.js';
import { DAY_MS, MINUTE_MS, parseWallTime } from './wall-clock.js';

function span(
  zone: string,
  starts: string,
  durationMin: number,
  recurrence: string | null = 'FREQ=DAILY',
): RecurringSpan {
  return { name: `${starts} ${zone}`, zone, starts: parseWallTime(starts)!, durationMin, recurrence };
}
const during = (...windows: RecurringSpan[]): Calendar => ({ groups: [{ of: 'all', windows }], blackouts: [] });
const iso = (moment: number) => new Date(moment).toISOString().slice(0, 16);
const shown = (spans: readonly { start: number; end: number }[]) =>
  spans.map(({ start, end }) => `${iso(start)}/${iso(end)}`);
const open = (calendar: Calendar, from: string, to: string) =>
  shown(openTimes(calendar, Date.parse(from), Date.parse(to)));

describe('a window on the days the clock changes', () => {
  it.each([
    // 01:00-05:00: four hours by the clock, three in spring and five in autumn.
    [
      'Europe/Berlin',
      '01:00',
      240,
      '2026-03-28',
      ['2026-03-28T00:00/2026-03-28T04:00', '2026-03-29T00:00/2026-03-29T03:00', '2026-03-29T23:00/2026-03-30T03:00'],
    ],
    [
      'Europe/Berlin',
      '01:00',
      240,
      '2026-10-24',
      ['2026-10-23T23:00/2026-10-24T03:00', '2026-10-24T23:00/2026-10-25T04:00', '2026-10-26T00:00/2026-10-26T04:00'],
    ],
    [
      'America/New_York',
      '01:00',
      240,
      '2026-03-07',
      ['2026-03-07T06:00/2026-03-07T10:00', '2026-03-08T06:00/2026-03-08T09:00', '2026-03-09T05:00/2026-03-09T09:00'],
    ],
    // In New York one o'clock comes twice: the window is open from the second on, three hours by the clock and four in all... to five.
    [
      'America/New_York',
      '01:00',
      240,
      '2026-10-31',
      ['2026-10-31T05:00/2026-10-31T09:00', '2026-11-01T06:00/2026-11-01T10:00', '2026-11-02T06:00/2026-11-02T10:00'],
    ],
    // Half an hour, in the south: autumn in April, spring in October.
    [
      'Australia/Lord_Howe',
      '01:00',
      120,
      '2026-04-04',
      ['2026-04-03T14:00/2026-04-03T16:00', '2026-04-04T14:00/2026-04-04T16:30', '2026-04-05T14:30/2026-04-05T16:30'],
    ],
    [
      'Australia/Lord_Howe',
      '01:00',
      120,
      '2026-10-03',
      ['2026-10-02T14:30/2026-10-02T16:30', '2026-10-03T14:30/2026-10-03T16:00', '2026-10-04T14:00/2026-10-04T16:00'],
    ],
  ])('%s at %s for %i min by the clock, from %s on', (zone, time, minutes, day, expected) => {
    const from = Date.parse(`${day}T00:00:00Z`) - DAY_MS;
    const spans = spansOf(span(zone, `2026-01-01T${time}`, minutes), 'window', from, from + 5 * DAY_MS);
    const wanted = spans.filter(({ start }) => iso(start) >= expected[0]!.slice(0, 16)).slice(0, 3);
    expect(shown(wanted)).toEqual(expected);
  });

  it('begins when the clock is put forward past its beginning', () => {
    expect(
      open(during(span('Europe/Berlin', '2026-01-01T02:30', 90)), '2026-03-29T00:00Z', '2026-03-29T12:00Z'),
    ).toEqual(['2026-03-29T01:00/2026-03-29T02:00']);
    expect(
      open(during(span('America/New_York', '2026-01-01T02:30', 90)), '2026-03-08T00:00Z', '2026-03-08T12:00Z'),
    ).toEqual(['2026-03-08T07:00/2026-03-08T08:00']);
  });

  it('is not there on the day the clock leaps over the whole of it', () => {
    expect(
      open(during(span('Europe/Berlin', '2026-01-01T02:15', 30)), '2026-03-28T12:00Z', '2026-03-29T12:00Z'),
    ).toEqual([]);
  });

  it('in the hour that comes twice it waits: open from the later beginning to the earlier end', () => {
    const berlin = (time: string, minutes: number) =>
      open(during(span('Europe/Berlin', `2026-01-01T${time}`, minutes)), '2026-10-24T20:00Z', '2026-10-25T12:00Z');
    expect(berlin('02:30', 90)).toEqual(['2026-10-25T01:30/2026-10-25T03:00']);
    expect(berlin('01:00', 90)).toEqual(['2026-10-24T23:00/2026-10-25T00:30']);
    expect(berlin('02:15', 30)).toEqual(['2026-10-25T00:15/2026-10-25T00:45']);
  });

  it('a blackout there is on from the first to the last of it', () => {
    const calendar: Calendar = { groups: [], blackouts: [span('Europe/Berlin', '2026-01-01T02:15', 30)] };
    expect(open(calendar, '2026-10-25T00:00Z', '2026-10-25T03:00Z')).toEqual([
      '2026-10-25T00:00/2026-10-25T00:15',
      '2026-10-25T01:45/2026-10-25T03:00',
    ]);
  });
});

describe('a calendar', () => {
  const nights = span('Europe/Berlin', '2026-01-01T22:00', 480);
  const weekend = span('Europe/Berlin', '2026-01-03T00:00', 2 * 1440, 'FREQ=WEEKLY;BYDAY=SA');

  it('without windows is open, but for blackouts', () => {
    expect(isOpen({ groups: [], blackouts: [] }, 0)).toBe(true);
    const freeze = span('UTC', '2026-12-20T00:00', 14 * 1440, null);
    const calendar: Calendar = { groups: [], blackouts: [freeze] };
    expect(open(calendar, '2026-12-19T00:00Z', '2027-01-04T00:00Z')).toEqual([
      '2026-12-19T00:00/2026-12-20T00:00',
      '2027-01-03T00:00/2027-01-04T00:00',
    ]);
    expect(closedBecause(calendar, Date.parse('2026-12-25T00:00Z'))).toBe(`the blackout ${freeze.name} is on`);
    expect(closedBecause(calendar, Date.parse('2026-12-19T23:59Z'))).toBeNull();
    expect(iso(nextOpening(calendar, Date.parse('2026-12-25T00:00Z'))!.start)).toBe('2027-01-03T00:00');
  });

  it('takes one open window of each group', () => {
    const both: Calendar = {
      groups: [
        { of: 'all', windows: [nights] },
        { of: 'site lab', windows: [weekend, span('Europe/Berlin', '2026-01-05T23:00', 60, 'FREQ=WEEKLY;BYDAY=MO')] },
      ],
      blackouts: [],
    };
    expect(open(both, '2026-01-09T00:00Z', '2026-01-13T12:00Z')).toEqual([
      '2026-01-09T23:00/2026-01-10T05:00',
      '2026-01-10T21:00/2026-01-11T05:00',
      '2026-01-11T21:00/2026-01-11T23:00',
      '2026-01-12T22:00/2026-01-12T23:00',
    ]);
    expect(closedBecause(both, Date.parse('2026-01-13T03:00Z'))).toContain('no window of site lab is open');
  });

  it('a group without a window never opens', () => {
    expect(nextOpening({ groups: [{ of: 'batch', windows: [] }], blackouts: [] }, 0)).toBeNull();
    expect(closedBecause({ groups: [{ of: 'batch', windows: [] }], blackouts: [] }, 0)).toContain('batch');
  });

  it('its next opening is what is left of the one that is on', () => {
    const calendar = during(span('UTC', '2026-01-01T02:00', 30));
    expect(iso(nextOpening(calendar, Date.parse('2026-01-05T00:00Z'))!.start)).toBe('2026-01-05T02:00');
    expect(iso(nextOpening(calendar, Date.parse('2026-01-05T02:20Z'))!.start)).toBe('2026-01-05T02:20');
    expect(iso(nextOpening(calendar, Date.parse('2026-01-05T02:30Z'))!.start)).toBe('2026-01-06T02:00');
  });

  it('a window that is longer than its period is always open', () => {
    expect(open(during(span('UTC', '2026-01-01T00:00', 1500)), '2026-02-01T00:00Z', '2026-02-03T00:00Z')).toEqual([
      '2026-02-01T00:00/2026-02-03T00:00',
    ]);
  });
});

describe('whatever the calendar', () => {
  const zone = fc.constantFrom('Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'UTC');
  const recurrence = fc.constantFrom('FREQ=DAILY', 'FREQ=WEEKLY;BYDAY=SA,SU', 'FREQ=MONTHLY;BYDAY=1SU', null);
  const anySpan = fc
    .record({
      zone,
      day: fc.integer({ min: 0, max: 300 }),
      minute: fc.integer({ min: 0, max: 1439 }),
      durationMin: fc.integer({ min: 1, max: 3000 }),
      recurrence,
    })
    .map(({ day, minute, ...rest }) => ({
      ...rest,
      name: 'w',
      starts: Date.parse('2026-01-01T00:00Z') + day * DAY_MS + minute * MINUTE_MS,
    }));
  const anyCalendar: fc.Arbitrary<Calendar> = fc.record({
    groups: fc.array(fc.record({ of: fc.constant('all'), windows: fc.array(anySpan, { maxLength: 3 }) }), {
      maxLength: 2,
    }),
    blackouts: fc.array(anySpan, { maxLength: 2 }),
  });
  // Around both changes of the year.
  const anyMoment = fc
    .integer({ min: 0, max: 366 * 24 * 60 })
    .map((minute) => Date.parse('2026-01-01T00:00Z') + minute * MINUTE_MS);

  it('what is said of a moment is what is said of the time around it', () => {
    fc.assert(
      fc.property(anyCalendar, anyMoment, (calendar, moment) => {
        const isIn = openTimes(calendar, moment - 2 * DAY_MS, moment + 2 * DAY_MS).some(
          ({ start, end }) => start <= moment && moment < end,
        );
        expect(isOpen(calendar, moment)).toBe(isIn);
        expect(closedBecause(calendar, moment) === null).toBe(isIn);
      }),
      { numRuns: 100 },
    );
  });

  it('its next opening is open from its beginning to its end, and nothing is open before it', () => {
    fc.assert(
      fc.property(anyCalendar, anyMoment, (calendar, moment) => {
        const next = nextOpening(calendar, moment);
        const before = openTimes(calendar, moment, Math.min(next?.start ?? Infinity, moment + 30 * DAY_MS));
        expect(before).toEqual([]);
        if (next === null) return;
        expect(isOpen(calendar, next.start)).toBe(true);
        expect(isOpen(calendar, next.end - 1)).toBe(true);
        expect(next.start).toBeGreaterThanOrEqual(moment);
      }),
      { numRuns: 100 },
    );
  });

  it('one blackout more never opens anything', () => {
    fc.assert(
      fc.property(anyCalendar, anySpan, anyMoment, (calendar, blackout, moment) => {
        const stricter = { ...calendar, blackouts: [...calendar.blackouts, blackout] };
        if (isOpen(stricter, moment)) expect(isOpen(calendar, moment)).toBe(true);
        if (closedBecause({ groups: [], blackouts: [blackout] }, moment) !== null)
          expect(isOpen(stricter, moment)).toBe(false);
      }),
      { numRuns: 100 },
    );
  });
});

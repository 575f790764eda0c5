import fc from 'fast-check';
import { DateTime } from 'luxon';
import { HOUR_MS, isZoneName, momentsOf, parseWallTime, wallTimeOf, wallTimeText } from './wall-clock.js';

const at = (text: string) => Date.parse(text);
const wall = (text: string) => parseWallTime(text)!;

describe('the wall clock', () => {
  it.each([
    ['2026-11-21T02:00', '2026-11-21T02:00:00'],
    ['2026-02-28T23:59:59', '2026-02-28T23:59:59'],
  ])('reads %s', (text, same) => expect(wallTimeText(wall(text))).toBe(same));

  it.each([
    '',
    '2026-02-29T00:00',
    '2026-13-01T00:00',
    '2026-01-01T24:00',
    '2026-01-01 00:00',
    '2026-01-01T00:00Z',
    '1969-01-01T00:00',
  ])('does not read %j', (text) => expect(parseWallTime(text)).toBeNull());

  it.each(['Europe/Berlin', 'UTC', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5'])('%s is a zone', (name) =>
    expect(isZoneName(name)).toBe(true),
  );
  it.each(['', 'Europe/Nowhere', '+02:00', 'UTC+3', 'Europe/Berlin\0', '../etc/passwd', 'x'.repeat(500)])(
    '%j is none',
    (name) => expect(isZoneName(name)).toBe(false),
  );
});

describe('what a time of the wall clock is', () => {
  it.each([
    ['Europe/Berlin', '2026-03-29T02:30', '2026-03-29T01:00:00Z'],
    ['Europe/Berlin', '2026-03-29T02:00', '2026-03-29T01:00:00Z'],
    ['America/New_York', '2026-03-08T02:15', '2026-03-08T07:00:00Z'],
    // Half an hour only.
    ['Australia/Lord_Howe', '2026-10-04T02:10', '2026-10-03T15:30:00Z'],
    // A whole day that Samoa never had.
    ['Pacific/Apia', '2011-12-30T12:00', '2011-12-30T10:00:00Z'],
  ])('%s never shows %s: the moment the clock goes past it', (zone, time, moment) =>
    expect(momentsOf(wall(time), zone)).toEqual({ kind: 'gap', at: at(moment) }),
  );

  it.each([
    ['Europe/Berlin', '2026-10-25T02:30', '2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z'],
    ['America/New_York', '2026-11-01T01:00', '2026-11-01T05:00:00Z', '2026-11-01T06:00:00Z'],
    ['Australia/Lord_Howe', '2026-04-05T01:45', '2026-04-04T14:45:00Z', '2026-04-04T15:15:00Z'],
  ])('%s shows %s twice', (zone, time, first, second) =>
    expect(momentsOf(wall(time), zone)).toEqual({ kind: 'fold', first: at(first), second: at(second) }),
  );

  it.each([
    ['Europe/Berlin', '2026-03-29T03:00', '2026-03-29T01:00:00Z'],
    ['Europe/Berlin', '2026-10-25T03:00', '2026-10-25T02:00:00Z'],
    ['Asia/Kolkata', '2026-03-29T02:30', '2026-03-28T21:00:00Z'],
  ])('%s shows %s once', (zone, time, moment) =>
    expect(momentsOf(wall(time), zone)).toEqual({ kind: 'one', at: at(moment) }),
  );

  it('agrees with Luxon for every moment: what the clock shows then is that moment again', () => {
    const zones = [
      'Europe/Berlin',
      'America/New_York',
      'Australia/Lord_Howe',
      'Africa/Casablanca',
      'Asia/Kathmandu',
      'UTC',
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer({ min: at('2000-01-01T00:00:00Z'), max: at('2037-01-01T00:00:00Z') }),
        (zone, moment) => {
          const shown = wallTimeOf(moment, zone);
          expect(wallTimeText(shown)).toBe(DateTime.fromMillis(moment, { zone }).toFormat("yyyy-MM-dd'T'HH:mm:ss"));
          const moments = momentsOf(shown, zone);
          if (moments.kind === 'fold') {
            expect([moments.first, moments.second]).toContain(moment);
            expect(moments.second - moments.first).toBeLessThanOrEqual(HOUR_MS);
          } else expect(moments).toEqual({ kind: 'one', at: moment });
        },
      ),
      { numRuns: 3_000 },
    );
  });
});

import { nextTime } from './recurrence.js';

describe('the next time', () => {
  const from = new Date('2026-03-01T10:30:00Z');

  it.each([
    ['30m', '2026-03-01T11:00:00.000Z'],
    ['12h', '2026-03-01T22:30:00.000Z'],
    ['1d', '2026-03-02T10:30:00.000Z'],
    ['0 4 * * *', '2026-03-02T04:00:00.000Z'],
    ['0 0 12 * * *', '2026-03-01T12:00:00.000Z'],
    ['@daily', '2026-03-02T00:00:00.000Z'],
    // As Quartz writes them; the day is a Sunday.
    ['0 0 12 * * ?', '2026-03-01T12:00:00.000Z'],
    ['0 0 12 ? * 1', '2026-03-01T12:00:00.000Z'],
    ['0 0 12 ? * MON-FRI', '2026-03-02T12:00:00.000Z'],
    ['0 15 10 ? * 3-6', '2026-03-03T10:15:00.000Z'],
    ['0 0 0/6 15 * ?', '2026-03-15T00:00:00.000Z'],
  ])('of %s', (recurrence, expected) => {
    expect(nextTime(recurrence, from)?.toISOString()).toBe(expected);
  });

  it.each(['', '0d', '1x', 'now and then', '61 * * * *', '* *', '0 0 12 ? * ?', '0 0 12 ? * 0', '0 0 ? * 1 1'])(
    'of %p is none',
    (recurrence) => {
      expect(nextTime(recurrence, from)).toBeNull();
    },
  );

  it.each(['* * * * * *', '*/30 * * * * *', '0,30 0 12 * * ?', '0-5 0 12 * * ?', '@secondly'])(
    'of %p is none: it would be more often than once a minute',
    (recurrence) => {
      expect(nextTime(recurrence, from)).toBeNull();
    },
  );
});

import { nextTime } from './recurrence.js';

describe('the next time', () => {
  const from = new Date('2026-03-01T10:30:00Z');

  it.each([
    ['30m', '2026-03-01T11:00:00.000Z'],
    ['12h', '2026-03-01T22:30:00.000Z'],
    ['1d', '2026-03-02T10:30:00.000Z'],
    ['0 4 * * *', '2026-03-02T04:00:00.000Z'],
    ['0 0 12 * * *', '2026-03-01T12:00:00.000Z'],
  ])('of %s', (recurrence, expected) => {
    expect(nextTime(recurrence, from)?.toISOString()).toBe(expected);
  });

  it.each(['', '0d', '1x', 'now and then', '61 * * * *', '* *'])('of %p is none', (recurrence) => {
    expect(nextTime(recurrence, from)).toBeNull();
  });
});

import { isHopeless, retryAfterSeconds, retryDelay } from './retries.js';

describe('tries of a webhook', () => {
  it('come at 1, 2, 4 s and so on up to five minutes, a tenth more or less', () => {
    expect([1, 2, 3, 9, 10, 50].map((failed) => retryDelay(failed, null, 0.5))).toEqual([
      1_000, 2_000, 4_000, 256_000, 300_000, 300_000,
    ]);
    expect([retryDelay(4, null, 0), retryDelay(4, null, 1)]).toEqual([7_200, 8_800]);
  });

  it('wait for as long as the receiver asks, up to an hour, and never less than they would', () => {
    expect(retryDelay(1, 30, 0.5)).toBe(30_000);
    expect(retryDelay(1, 999_999, 0.5)).toBe(3_600_000);
    expect(retryDelay(10, 1, 0.5)).toBe(300_000);
    expect(['5', ' 7 ', '0'].map(retryAfterSeconds)).toEqual([5, 7, 0]);
    expect([undefined, '', '-1', '1.5', 'Fri, 31 Dec 1999 23:59:59 GMT', '99999999'].map(retryAfterSeconds)).toEqual(
      Array.from({ length: 6 }, () => null),
    );
  });

  it('end when the event is older than the limit and was tried four times', () => {
    const happened = new Date('2026-05-01T00:00:00Z');
    const after = (hours: number) => new Date(happened.getTime() + hours * 3_600_000);
    expect(isHopeless(100, happened, after(72), 72)).toBe(false);
    expect(isHopeless(4, happened, after(72.01), 72)).toBe(true);
    expect(isHopeless(3, happened, after(720), 72)).toBe(false);
  });
});

import { encodeUlid, newUlid, readUlid } from './ulid.js';

describe('a ULID', () => {
  it('of the bytes 00 to 0f is what Drydock prints', () => {
    expect(encodeUlid(Uint8Array.from({ length: 16 }, (_, index) => index))).toBe('00041061050R3GG28A1C60T3GF');
  });

  it('of the largest number is 7ZZZ…', () => {
    expect(encodeUlid(new Uint8Array(16).fill(255))).toBe(`7${'Z'.repeat(25)}`);
  });

  it('begins with the time and can be read back, in lower case as well', () => {
    const [early, late] = [newUlid(1_000_000_000_000), newUlid(1_800_000_000_000)];
    expect(early < late).toBe(true);
    expect(readUlid(early)).toBe(early);
    expect(readUlid(early.toLowerCase())).toBe(early);
  });

  it.each(['', 'x', '0'.repeat(25), '0'.repeat(27), `8${'0'.repeat(25)}`, `0${'U'.repeat(25)}`, `0${'ı'.repeat(25)}`])(
    'is not %j',
    (text) => {
      expect(readUlid(text)).toBeNull();
    },
  );
});

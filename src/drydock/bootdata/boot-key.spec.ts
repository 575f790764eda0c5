import { hashBootKey, isBootKey, newBootKey } from './boot-key.js';

describe('a boot key', () => {
  const key = newBootKey();
  const hash = hashBootKey(key);

  it('is 32 bytes in hex, and another every time', () => {
    expect(key).toMatch(/^[0-9a-f]{64}$/);
    expect(newBootKey()).not.toBe(key);
  });

  it('is known by its hash, however its letters are written', () => {
    expect(isBootKey(key, hash)).toBe(true);
    expect(isBootKey(key.toUpperCase(), hash)).toBe(true);
    expect(hash).not.toContain(key);
  });

  it.each([
    ['another key', newBootKey()],
    ['nothing', ''],
    ['no hex', 'z'.repeat(64)],
    ['an odd number of digits', 'abc'],
    ['the beginning of the key', 'deadbeef'],
    ['ten thousand digits', 'a'.repeat(10_000)],
    ['blanks inside', `${'ab '.repeat(32)}`],
    ['text that is no Latin', 'ключ'],
  ])('is not %s', (_what, presented) => {
    expect(isBootKey(presented, hash)).toBe(false);
  });

  it('is not the key that stands in for what is no key', () => {
    expect(isBootKey('nonsense', hashBootKey('00'.repeat(32)))).toBe(false);
  });
});

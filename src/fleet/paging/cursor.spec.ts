import fc from 'fast-check';
import { Invalid } from '../../common/errors.js';
import { decodeCursor, digestOf, encodeCursor } from './cursor.js';

describe('a cursor', () => {
  const digest = digestOf('batches', 'b.status = $1', ['failed']);

  it('comes back as the keys it was made of', () => {
    const keys = ['2026-11-21 18:06:29.123456+00', '9ae4c61c-db32-9378-665a-5694bbe84172', '9223372036854775807', '-7'];
    const types = ['timestamptz', 'uuid', 'bigint', 'integer'] as const;
    expect(decodeCursor(encodeCursor(digest, keys), digest, types)).toEqual(keys);
  });

  it('belongs to one list with its filters', () => {
    const others = [
      digestOf('jobs', 'b.status = $1', ['failed']),
      digestOf('batches', 'true', ['failed']),
      digestOf('batches', 'b.status = $1', ['running']),
    ];
    expect(new Set([digest, ...others]).size).toBe(4);
    for (const other of others)
      expect(() => decodeCursor(encodeCursor(other, ['1']), digest, ['integer'])).toThrow(Invalid);
  });

  it.each([
    ['integer', '2147483648'],
    ['integer', '1e3'],
    ['bigint', '9223372036854775808'],
    ['bigint', '-1'],
    ['uuid', '9AE4C61C-DB32-9378-665A-5694BBE84172'],
    ['timestamptz', 'infinity'],
    ['timestamptz', '2026-11-21'],
    ['timestamptz', '2026-13-45 99:99:99+00'],
    ['timestamptz', '2026-02-30 00:00:00+00'],
    ['timestamptz', '0000-01-01 00:00:00+00'],
    ['timestamptz', '9999-12-31 00:00:00+99:99:99'],
    ['timestamptz', '2026-01-01 00:00:00+01:60'],
    ['text', 'a\u0000'],
    ['text', '\ud800'],
  ] as const)('of %s is never %j', (type, value) => {
    expect(() => decodeCursor(encodeCursor(digest, [value]), digest, [type])).toThrow(Invalid);
  });

  it('is refused, and nothing else happens, whatever text it is', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => decodeCursor(text, digest, ['integer'])).toThrow(Invalid);
      }),
    );
  });
});

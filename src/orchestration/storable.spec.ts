import { storableJson, storableText } from './storable.js';

describe('what PostgreSQL can store', () => {
  it('text without NUL and without half a surrogate pair', () => {
    expect(storableText('a\u0000b\ud800c\udc00\ud83d\ude00')).toBe('ab\ufffdc\ufffd\ud83d\ude00');
  });

  it('JSON alike, and everything else as it was', () => {
    const value = { text: 'x\u0000', list: ['\udfff', 'C:\\u0000', '\ud83d\ude00'], n: 1.5, none: null };
    expect(JSON.parse(storableJson(value))).toEqual({
      ...value,
      text: 'x',
      list: ['\ufffd', 'C:\\u0000', '\ud83d\ude00'],
    });
    expect(storableJson({ a: 'b' })).toBe('{"a":"b"}');
  });
});

import { newUsername, normaliseUsername } from './username.js';

describe('user names', () => {
  it.each([
    ['admin', 'admin'],
    [' admin ', 'admin'],
    ['ａｄｍｉｎ', 'admin'],
    ['e\u0301va', '\u00e9va'],
    ['ﬁona', 'fiona'],
    ['svc-ci_1@example.org', 'svc-ci_1@example.org'],
    ['Müller 岡本', 'Müller 岡本'],
  ])('%j is stored as %j', (given, stored) => {
    expect(newUsername(given)).toBe(stored);
    expect(normaliseUsername(stored)).toBe(stored);
  });

  it.each(['', '   ', 'a\0', 'a\tb', 'a\u202eb', 'a\u200bb', 'a/b', 'a"b', '.hidden', 'x'.repeat(151), '\ud800', '😀'])(
    '%j is refused',
    (given) => expect(() => newUsername(given)).toThrow(expect.objectContaining({ details: { field: 'username' } })),
  );
});

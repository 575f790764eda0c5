import { readLocation, refProblem } from './location.js';

describe('a reference to a location', () => {
  it.each([
    'http://127.0.0.1:8000/design.yaml',
    'https://me:secret@example.com/a?b=c#d',
    'HTTP://example.com/',
    'file:///srv/design.yaml',
    'deckhand+http://deckhand:9000/api/v1.0/revisions/1/rendered-documents',
    'promenade+http://promenade/api/v1.0/join-scripts?ip=10.0.0.1',
    `http://example.com/${'x'.repeat(2_000)}`,
  ])('is one as %.60s', (ref) => {
    expect(refProblem(ref)).toBeNull();
  });

  it.each([
    5,
    null,
    undefined,
    '',
    {},
    ['http://a/'],
    'design.yaml',
    '/srv/design.yaml',
    'ftp://example.com/a',
    'gopher://example.com/a',
    'deckhand+ftp://example.com/a',
    'deckhand+file:///srv/a',
    'deckhand+deckhand+http://a/',
    'promenade+://a/',
    'http://',
    'http://[::1/',
    'http://a:99999/',
    'javascript:alert(1)',
    'http://a/\u0000b',
    'http://a/\nHost: b',
    'http://a/\ud800',
    `http://example.com/${'x'.repeat(2_048)}`,
  ])('is none as %j', (ref) => {
    expect(refProblem(ref)).not.toBeNull();
  });

  it('loses its login on the way, which is for the headers', () => {
    const location = readLocation('deckhand+http://me:s%40cret@deckhand:9000/a');
    expect(location).toMatchObject({ kind: 'web', isOurs: true, login: { username: 'me', password: 's@cret' } });
    expect(JSON.stringify(typeof location === 'string' ? '' : location.url)).not.toContain('cret');
    expect(refProblem('ftp://me:secret@example.com/a')).not.toContain('secret');
  });
});

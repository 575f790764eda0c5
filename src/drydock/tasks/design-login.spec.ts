import { hasPassword, shownRef } from './design-login.js';

describe('a reference as it is shown', () => {
  it.each([
    ['http://h/design.yaml', 'http://h/design.yaml', false],
    ['http://me@h/design.yaml', 'http://me@h/design.yaml', false],
    ['http://me:secret@h:80/d', 'http://me:***@h:80/d', true],
    ['deckhand+http://me:se@cret@h/d?x=a@b', 'deckhand+http://me:***@h/d?x=a@b', true],
    ['https://:secret@h/d', 'https://:***@h/d', true],
    ['file:///srv/a:b@c.yaml', 'file:///srv/a:b@c.yaml', false],
  ])('%s is %s', (ref, shown, secret) => {
    expect([shownRef(ref), hasPassword(ref)]).toEqual([shown, secret]);
  });
});

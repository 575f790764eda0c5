import { ownerKeyOf, SYSTEM_PRINCIPAL } from './principal.js';

describe('what is kept per user', () => {
  it('is kept apart for every user, of ours and of elsewhere', () => {
    const outside = { ...SYSTEM_PRINCIPAL, username: 'ann' };
    const keys = [
      ownerKeyOf({ ...outside, userId: 1 }),
      ownerKeyOf({ ...outside, userId: 2 }),
      ownerKeyOf({ ...outside, externalId: '1' }),
      ownerKeyOf({ ...outside, externalId: '2' }),
      ownerKeyOf(SYSTEM_PRINCIPAL),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });
});

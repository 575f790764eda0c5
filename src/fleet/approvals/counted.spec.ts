import { countOf, type GivenApproval, validityOf } from './counted.js';

const NOW = new Date('2026-06-01T12:00:00Z');
const yes = (approver: string, fields: Partial<GivenApproval> = {}): GivenApproval => ({
  approver,
  digest: 'a',
  expiresAt: null,
  revokedAt: null,
  ...fields,
});

describe('which approvals count', () => {
  it.each([
    ['one for what it is now', yes('ann'), 'counts'],
    ['one for what it was', yes('ann', { digest: 'b' }), 'void'],
    ['one that was taken back', yes('ann', { revokedAt: NOW }), 'revoked'],
    ['one that runs out later', yes('ann', { expiresAt: new Date(NOW.getTime() + 1) }), 'counts'],
    ['one that runs out now', yes('ann', { expiresAt: NOW }), 'expired'],
    ['one taken back for what it was', yes('ann', { revokedAt: NOW, digest: 'b' }), 'revoked'],
  ])('%s', (_what, approval, validity) => expect(validityOf(approval, 'a', NOW)).toBe(validity));

  it('each person counts once', () => {
    expect(countOf([yes('ann'), yes('ann'), yes('bob'), yes('eve', { digest: 'b' })], 'a', NOW)).toBe(2);
    expect(countOf([], 'a', NOW)).toBe(0);
  });
});

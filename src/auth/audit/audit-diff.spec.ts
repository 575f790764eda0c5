import { auditDiff, isSecretName, SECRET_MARK, storableText } from './audit-diff.js';

describe('what the audit trail says of a change', () => {
  it.each([
    'password',
    'passwordHash',
    'password_hash',
    'secret',
    'token',
    'key',
    'private_key',
    'privateKey',
    'passphrase',
    'apiKey',
    'keyHash',
    'enable_secret',
    'Authorization',
    'credentials',
    'X-Auth-Token',
    'keys',
    'encrypted_password',
    'sshKeyEncrypted',
  ])('%s is a secret', (name) => expect(isSecretName(name)).toBe(true));

  it.each([
    'username',
    'has_password',
    'hasSecret',
    'host_key',
    'hostKeyPolicy',
    'key_preview',
    'keyPreview',
    'token_id',
    'keyboard',
    'passed',
    'credential_id',
    'monkey',
    'description',
    'sort_key',
  ])('%s is none', (name) => expect(isSecretName(name)).toBe(false));

  it('keeps only what differs, and marks secrets that do', () => {
    const at = new Date(0);
    expect(
      auditDiff(
        { name: 'a', role: 'x', password: '1', token: 't', at },
        { name: 'b', role: 'x', password: '2', token: 't', at },
      ),
    ).toEqual({ before: { name: 'a', password: SECRET_MARK }, after: { name: 'b', password: SECRET_MARK } });
  });

  it('keeps one side whole where there is no other, nested secrets marked', () => {
    expect(
      auditDiff(null, { login: { username: 'u', password: 'p' }, list: [{ key: 'k', n: 1 }], none: undefined }),
    ).toEqual({
      before: null,
      after: { login: { username: 'u', password: SECRET_MARK }, list: [{ key: SECRET_MARK, n: 1 }] },
    });
    expect(auditDiff({ a: 1n }, undefined)).toEqual({ before: { a: '1' }, after: null });
  });

  it('an empty or missing secret is no secret: that one was set or cleared can be seen', () => {
    expect(auditDiff({ password: '' }, { password: 'x' })).toEqual({
      before: { password: '' },
      after: { password: SECRET_MARK },
    });
  });

  it('writes only text PostgreSQL can store, of bounded length, without logins in addresses', () => {
    expect(storableText('a\0b\ud800c😀')).toBe('ab\ufffdc😀');
    expect(storableText('ftp://user:pw@host/x')).toBe(`ftp://${SECRET_MARK}@host/x`);
    expect(storableText('x'.repeat(5000))).toHaveLength(1001);
    const { after } = auditDiff(
      null,
      Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`f${n}`, 'y'.repeat(900)])),
    );
    expect(JSON.stringify(after).length).toBeLessThan(32 * 1024);
  });
});

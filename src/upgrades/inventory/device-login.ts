/** Where a login may come from: a device, a credential. Secrets are as stored, encrypted. */
export interface LoginSource {
  readonly username: string | null;
  readonly password: string | null;
  readonly secret: string | null;
  readonly privateKey: string | null;
  readonly passphrase: string | null;
}

const NOTHING: LoginSource = { username: null, password: null, secret: null, privateKey: null, passphrase: null };

/**
 * The login from the nearest source that can prove one. A password or key is used with the user name beside it, and
 * with the nearest name where none is: one login's password is never sent under another's name. The enable secret
 * belongs to the device rather than to the user, so it may come from further away.
 */
export function loginOf(sources: readonly (LoginSource | null)[]): LoginSource {
  const given = sources.filter((source) => source !== null);
  const proof = given.find((source) => source.password !== null || source.privateKey !== null) ?? NOTHING;
  const named = given.find((source) => source.username !== null)?.username ?? null;
  return {
    username: proof.username ?? named,
    password: proof.password,
    privateKey: proof.privateKey,
    passphrase: proof.passphrase,
    secret: given.find((source) => source.secret !== null)?.secret ?? null,
  };
}

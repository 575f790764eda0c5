import type { SecretBox } from '../../../config/secret-box.js';
import { matching, text } from '../../drf/field-rules.js';
import { Field } from '../../drf/fields.js';
import type { LoginSource } from '../device-login.js';

const clearable = { optional: true, nullable: true };
const secretText = text({ max: 1024, blank: true, trim: false });
const privateKey = matching(
  /^-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----\s[\s\S]+-----END [A-Z0-9 ]*PRIVATE KEY-----$/,
  'Enter a private key in OpenSSH or PEM format.',
  { max: 32_768, blank: true },
);
const username = matching(/^[^\p{Cc}\p{Cf}]*$/u, 'Enter a user name without control characters.', { blank: true });

/** A login as a client gives it. It is write-only: `toLoginWish` encrypts it before anything further in sees it. */
export class LoginFields {
  @Field(username, clearable) username?: string | null;
  @Field(secretText, clearable) password?: string | null;
  @Field(secretText, clearable) secret?: string | null;
  @Field(privateKey, clearable) private_key?: string | null;
  @Field(secretText, clearable) passphrase?: string | null;
}

/** Absent: leave it. Null or blank: forget it. */
export function toLoginWish(body: LoginFields, secrets: SecretBox): Partial<LoginSource> {
  const sealed = (value: string | null | undefined): string | null | undefined =>
    value === undefined ? undefined : value ? secrets.encrypt(value) : null;
  return {
    username: body.username === undefined ? undefined : body.username || null,
    password: sealed(body.password),
    secret: sealed(body.secret),
    // OpenSSH keys end with a line feed, and some readers insist on it.
    privateKey: sealed(body.private_key ? `${body.private_key}\n` : body.private_key),
    passphrase: sealed(body.passphrase),
  };
}

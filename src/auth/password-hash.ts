import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

/**
 * Password hashes as PHC strings: `$scrypt$ln=15,r=8,p=3$salt$key`. The parameters travel with the hash, so that they can
 * be raised later without invalidating what is stored.
 */
interface Parameters {
  readonly ln: number;
  readonly r: number;
  readonly p: number;
}

/** The OWASP password storage cheat sheet's scrypt setting with the smallest memory but one: 32 MB, about 0.2 s here. */
const CURRENT: Parameters = { ln: 15, r: 8, p: 3 };
const KEY_BYTES = 32;
const SALT_BYTES = 16;
/** Far above what an honest hash asks for; a forged row must not make the process allocate gigabytes. */
const LARGEST_LN = 20;
const LEAST_BYTES = 16;

export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  return format(CURRENT, salt, await derive(password, salt, KEY_BYTES, CURRENT));
}

/** Compares in constant time; a hash nobody can read matches nothing. */
export async function matchesPassword(password: string, hash: string): Promise<boolean> {
  const parts = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(hash);
  if (!parts) return false;
  const parameters = { ln: Number(parts[1]), r: Number(parts[2]), p: Number(parts[3]) };
  if (parameters.ln < 1 || parameters.ln > LARGEST_LN || parameters.r < 1 || parameters.p < 1) return false;
  const expected = Buffer.from(parts[5] ?? '', 'base64');
  if (expected.length < LEAST_BYTES) return false;
  const actual = await derive(password, Buffer.from(parts[4] ?? '', 'base64'), expected.length, parameters);
  return timingSafeEqual(actual, expected);
}

/** A hash no password matches and that costs the same to try: what an unknown user is compared with. */
export function unmatchableHash(): string {
  return format(CURRENT, randomBytes(SALT_BYTES), randomBytes(KEY_BYTES));
}

function derive(password: string, salt: Buffer, bytes: number, { ln, r, p }: Parameters): Promise<Buffer> {
  const options = { N: 2 ** ln, r, p, maxmem: 256 * 2 ** ln * r };
  return new Promise((resolve, reject) => {
    scrypt(password, salt, bytes, options, (error, key) => (error ? reject(error) : resolve(key)));
  });
}

function format({ ln, r, p }: Parameters, salt: Buffer, key: Buffer): string {
  return `$scrypt$ln=${ln},r=${r},p=${p}$${unpadded(salt)}$${unpadded(key)}`;
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** The key a node opens its boot data with, as it is handed over: 32 random bytes in lower-case hex. */
export function newBootKey(): string {
  return randomBytes(KEY_BYTES).toString('hex');
}

const KEY_BYTES = 32;
const KEY = /^[0-9a-f]{64}$/i;

/** The only form a key is stored in. `key` is as `newBootKey` made it, or as a node wrote it. */
export function hashBootKey(key: string): string {
  return createHash('sha256').update(Buffer.from(key, 'hex')).digest('hex');
}

/**
 * Is this the key of that hash? What is no key at all takes the same way, so that neither the time nor the answer tells
 * how near it was (spec drydock section 2.1).
 */
export function isBootKey(presented: string, keyHash: string): boolean {
  const isWellFormed = KEY.test(presented);
  const hash = hashBootKey(isWellFormed ? presented : '00'.repeat(KEY_BYTES));
  const expected = Buffer.from(keyHash, 'hex');
  const actual = Buffer.from(hash, 'hex');
  return expected.length === actual.length && timingSafeEqual(expected, actual) && isWellFormed;
}

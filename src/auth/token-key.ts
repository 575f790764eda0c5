import { createHash, randomInt } from 'node:crypto';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const LENGTH = 40;
const LONGEST = 255;

/** 40 characters A-Za-z0-9, about 238 bits (spec upgrade section 1.2). */
export function newTokenKey(): string {
  return Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}

/**
 * A plain SHA-256 is enough and wanted here: a random key cannot be guessed from its hash, and finding a token has to
 * be one look-up in an index.
 */
export function hashTokenKey(key: string): string {
  return createHash('sha256').update(key, 'utf8').digest('hex');
}

/** A key an operator chose (`SLIPWAY_ADMIN_TOKEN`) must survive a header unchanged. */
export function isUsableKey(key: string): boolean {
  return key.length <= LONGEST && /^[\x21-\x7e]+$/.test(key);
}

/** What a person recognises a token by; never more than a fifth of a key that is short. */
export function previewOf(key: string): string {
  return key.slice(0, Math.min(8, Math.floor(key.length / 5)));
}

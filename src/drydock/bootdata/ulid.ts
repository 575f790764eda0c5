import { randomBytes } from 'node:crypto';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

/** An id of a boot action: the time in milliseconds and 80 random bits, in 26 characters of Crockford's base 32. */
export function newUlid(now: number = Date.now()): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(now, 0, 6);
  return encodeUlid(bytes);
}

/** 16 bytes, most significant first. */
export function encodeUlid(bytes: Uint8Array): string {
  let rest = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  let text = '';
  for (let index = 0; index < 26; index += 1) {
    text = ALPHABET[Number(rest & 31n)] + text;
    rest >>= 5n;
  }
  return text;
}

/** In upper case, as it is stored; null where it cannot be an id. Drydock's own server knew the upper case only. */
export function readUlid(text: string): string | null {
  const id = text.toUpperCase();
  return ULID.test(id) ? id : null;
}

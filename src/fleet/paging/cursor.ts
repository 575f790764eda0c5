import { createHash } from 'node:crypto';
import { Invalid } from '../../common/errors.js';

/** What the columns of a list's order may be; each has a form its cursor values must have. */
export type KeyType = 'integer' | 'bigint' | 'uuid' | 'timestamptz' | 'text';

const MOST_BIGINT = 2n ** 63n - 1n;
const LONGEST_TEXT = 1024;

/** As PostgreSQL writes it, and a moment it would read again: not the 45th, nor 99 hours off. */
function isTime(value: string): boolean {
  const [, day, time, sign, offset] =
    /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.\d{1,6})?([+-])(\d\d(?::\d\d){0,2})$/.exec(value) ?? [];
  if (day === undefined || offset === undefined || day < '0001' || offset >= '15') return false;
  const [hours, minutes = '00', seconds = '00'] = offset.split(':');
  const moment = Date.parse(`${day}T${time}Z`);
  if (Number.isNaN(moment) || minutes > '59' || seconds > '59' || hours === undefined) return false;
  return sign !== undefined && new Date(moment).toISOString().startsWith(`${day}T${time}`);
}

const FITS: Readonly<Record<KeyType, (value: string) => boolean>> = {
  integer: (value) => /^-?\d{1,10}$/.test(value) && Math.abs(Number(value)) < 2 ** 31,
  bigint: (value) => /^\d{1,19}$/.test(value) && BigInt(value) <= MOST_BIGINT,
  uuid: (value) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value),
  timestamptz: isTime,
  text: (value) => value.length <= LONGEST_TEXT && !value.includes('\0') && !/\p{Surrogate}/u.test(value),
};

/**
 * A cursor is where the page before ended: the order's columns of its last row. It also says which list and filters it is
 * of, so that one used elsewhere is refused rather than answered with rows that fit neither.
 */
export function encodeCursor(digest: string, keys: readonly string[]): string {
  return Buffer.from(JSON.stringify([digest, ...keys])).toString('base64url');
}

export function decodeCursor(cursor: string, digest: string, types: readonly KeyType[]): string[] {
  const [of, ...keys] = parse(cursor);
  if (of === undefined || keys.length !== types.length) throw invalidCursor();
  if (!types.every((type, index) => FITS[type](keys[index]!))) throw invalidCursor();
  if (of !== digest) {
    throw new Invalid('The cursor belongs to another list or to other filters. Leave it out to begin anew.', {
      code: 'cursor_mismatch',
    });
  }
  return keys;
}

/** What the cursors of a list with these filters share. */
export function digestOf(list: string, where: string, parameters: readonly unknown[]): string {
  return createHash('sha256')
    .update(JSON.stringify([list, where, parameters]))
    .digest('base64url')
    .slice(0, 12);
}

function parse(cursor: string): string[] {
  if (cursor.length > 4 * LONGEST_TEXT || !/^[\w-]+$/.test(cursor)) throw invalidCursor();
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (Array.isArray(parts) && parts.every((part) => typeof part === 'string')) return parts;
  } catch {
    // Told below, as every other cursor we never gave.
  }
  throw invalidCursor();
}

function invalidCursor(): Invalid {
  return new Invalid('The cursor is not one of ours.', { code: 'invalid_cursor' });
}

import { createHash } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import { canonicalJson } from '../../common/canonical-json.js';
import { Invalid, Unprocessable } from '../../common/errors.js';

const LIFETIME_HOURS = 24;
const LONGEST_KEY = 255;

export interface IdempotentRequest {
  readonly owner: string;
  readonly key: string;
  /** What was asked, as parsed. */
  readonly body: unknown;
}

/** The stored answer of a repeated request, or undefined. Saves the work before `once`, which alone decides. */
export async function repeated<T>(
  sql: Pick<EntityManager, 'query'>,
  request: IdempotentRequest | null,
): Promise<T | undefined> {
  if (request === null) return undefined;
  const stored = await find<T>(sql, request);
  if (!stored || stored.expired) return undefined;
  return answerOf(stored, request);
}

/**
 * Does `act` once for a key (draft-ietf-httpapi-idempotency-key-header): a repetition with the same body gets the
 * stored answer, one with another body is refused with the code `idempotency_mismatch`. Part of the caller's
 * transaction: a request that runs at the same time waits for it, and an act that fails leaves the key free.
 */
export async function once<T>(tx: EntityManager, request: IdempotentRequest | null, act: () => Promise<T>): Promise<T> {
  if (request === null) return act();
  const { owner, key } = request;
  // A statement of its own: what one statement deletes and inserts again, it cannot both see.
  await tx.query('delete from idempotency_keys where owner = $1 and key = $2 and expires_at < now()', [owner, key]);
  const mine = await tx.query<unknown[]>(
    `with mine as (
       insert into idempotency_keys (owner, key, request_hash, answer, expires_at)
       values ($1, $2, $3, 'null', now() + ${LIFETIME_HOURS} * interval '1 hour') on conflict do nothing returning 1)
     select 1 from mine`,
    [owner, key, hashOf(request)],
  );
  if (mine.length === 0) return answerOf(await find<T>(tx, request), request);
  const answer = await act();
  await tx.query('update idempotency_keys set answer = $3::json where owner = $1 and key = $2', [
    owner,
    key,
    JSON.stringify(answer),
  ]);
  return answer;
}

interface Stored<T> {
  readonly requestHash: string;
  readonly answer: T;
  readonly expired: boolean;
}

async function find<T>(
  sql: Pick<EntityManager, 'query'>,
  { owner, key }: IdempotentRequest,
): Promise<Stored<T> | undefined> {
  const [stored] = await sql.query<Stored<T>[]>(
    `select request_hash as "requestHash", answer, expires_at < now() as expired
     from idempotency_keys where owner = $1 and key = $2`,
    [owner, key],
  );
  return stored;
}

function answerOf<T>(stored: Stored<T> | undefined, request: IdempotentRequest): T {
  if (stored?.requestHash === hashOf(request)) return stored.answer;
  throw new Unprocessable('This Idempotency-Key was used for a different request', { code: 'idempotency_mismatch' });
}

function hashOf(request: IdempotentRequest): string {
  return createHash('sha256').update(canonicalJson(request.body)).digest('hex');
}

/** The header's value, or null when it was not sent. */
export function idempotencyKey(header: string | string[] | undefined): string | null {
  if (header === undefined) return null;
  const key = Array.isArray(header) ? header.join(',') : header;
  if (key.trim() === '' || key.length > LONGEST_KEY || !/^[\x20-\x7e]+$/.test(key)) {
    throw new Invalid(`Idempotency-Key must be 1 to ${LONGEST_KEY} printable ASCII characters`, {
      code: 'invalid_idempotency_key',
    });
  }
  return key.trim();
}

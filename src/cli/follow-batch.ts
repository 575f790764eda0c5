import { setTimeout as delay } from 'node:timers/promises';
import type { BatchDetailAnswer } from './batch-wire.js';
import { EXIT_CODES, type ExitCode, exitCodeOf } from './exit-codes.js';
import { type Answer, RequestRefused, ServerUnreachable } from './fleet-client.js';

export interface FollowWish {
  /** Milliseconds after which it is not waited any longer; null: until the batch has ended. */
  readonly timeoutMs: number | null;
  /** Milliseconds without any answer after which the outcome counts as unknown. */
  readonly patienceMs: number;
  readonly pollMs: number;
}

export interface FollowHooks {
  show(batch: BatchDetailAnswer): void;
  /** Something to say that is no news of the batch: the server is away, and is back. */
  note(text: string): void;
}

export interface Followed {
  readonly code: ExitCode;
  /** As it was seen last; null where it was never seen. */
  readonly batch: BatchDetailAnswer | null;
  /** Why the outcome is not the batch's own. */
  readonly problem: string | null;
}

/** Who asks the server: one try, which is given up after some milliseconds. */
export interface BatchSource {
  getOnce<T>(path: string, timeoutMs: number): Promise<Answer<T>>;
}

const LONGEST_PAUSE_MS = 15_000;
const LONGEST_REQUEST_MS = 30_000;

/**
 * Asks for a batch until it has ended. It is asked for whole each time: a batch's ETag is the version that steering raises,
 * so "not modified" would not say that nothing has happened. A server that is away is asked again, less and less often: a
 * lost connection says nothing about the batch. So only what the server says of it is ever its outcome.
 */
export async function followBatch(
  source: BatchSource,
  id: string,
  wish: FollowWish,
  hooks: FollowHooks,
  signal: AbortSignal,
): Promise<Followed> {
  const begun = performance.now();
  const seen: Seen = { batch: null, heardAt: begun, misses: 0, problem: null };
  for (;;) {
    const left = wish.timeoutMs === null ? Infinity : begun + wish.timeoutMs - performance.now();
    const end = await look(source, id, { ...wish, left }, seen, hooks);
    if (end !== null) return end;
    const rest = wish.timeoutMs === null ? Infinity : begun + wish.timeoutMs - performance.now();
    if (rest <= 0) return timedOut(wish.timeoutMs!, seen);
    const pause = Math.min(wish.pollMs * 2 ** Math.min(seen.misses, 10), LONGEST_PAUSE_MS, rest);
    await delay(Math.max(10, pause), undefined, { signal });
  }
}

interface Seen {
  batch: BatchDetailAnswer | null;
  heardAt: number;
  misses: number;
  problem: string | null;
}

/** One look at the batch; null: it goes on, or nobody answered. */
async function look(
  source: BatchSource,
  id: string,
  { left, patienceMs }: FollowWish & { readonly left: number },
  seen: Seen,
  hooks: FollowHooks,
): Promise<Followed | null> {
  try {
    // A server that takes the request and says nothing must not hold up --timeout.
    const answer = await source.getOnce<BatchDetailAnswer>(
      `batches/${id}`,
      Math.ceil(Math.max(100, Math.min(LONGEST_REQUEST_MS, left))),
    );
    // Something else may answer where the server was: a portal that asks for a log-in, a proxy's own page.
    if (answer.body?.id !== id || answer.body.outcome === undefined) {
      throw new ServerUnreachable('what answered is not the batch that was asked for');
    }
    if (seen.misses > 0) hooks.note('the server is back');
    Object.assign(seen, { batch: answer.body, heardAt: performance.now(), misses: 0, problem: null });
    hooks.show(answer.body);
    const { outcome } = answer.body;
    return outcome === null ? null : { code: exitCodeOf(outcome), batch: answer.body, problem: null };
  } catch (error) {
    return missed(error, seen, patienceMs, hooks);
  }
}

function missed(error: unknown, seen: Seen, patienceMs: number, hooks: FollowHooks): Followed | null {
  const { batch } = seen;
  if (error instanceof RequestRefused) {
    // Never seen: there is nothing to wait for, and who asked has to know at once.
    if (batch === null) throw error;
    return { code: EXIT_CODES.unknown, batch, problem: error.message };
  }
  if (!(error instanceof ServerUnreachable)) throw error;
  seen.misses += 1;
  seen.problem = error.message;
  if (seen.misses === 1) hooks.note(`${error.message}; asking again`);
  const isOver = performance.now() - seen.heardAt >= patienceMs;
  return isOver ? { code: EXIT_CODES.unknown, batch, problem: error.message } : null;
}

function timedOut(timeoutMs: number, { batch, problem }: Seen): Followed {
  const why = problem === null ? '' : `, and just now ${problem}`;
  return { code: EXIT_CODES.timedOut, batch, problem: `not over after ${timeoutMs / 1000} s${why}` };
}

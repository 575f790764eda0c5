import { RateLimiterMemory } from 'rate-limiter-flexible';
import { Throttled } from '../common/errors.js';

/** Who is trying one key just now. Kept only while somebody is. */
interface Attempts {
  present: number;
  running: number;
  /** Goes up whenever one ends, so that a count read before that is known to be stale. */
  ended: number;
  waiting: (() => void)[];
}

/**
 * Lets at most `limit` attempts fail in a window, however many come at once: as many run together as could still fail,
 * the rest wait for their outcome. So fifty wrong guesses in parallel do not slip through, and fifty right ones all
 * succeed. A success forgets the failures before it.
 */
export class FailureGate {
  private readonly failures: RateLimiterMemory;
  private readonly attempts = new Map<string, Attempts>();

  constructor(
    private readonly limit: number,
    windowSeconds: number,
  ) {
    this.failures = new RateLimiterMemory({ points: limit, duration: windowSeconds });
  }

  /** Runs `attempt` as soon as it may; null is a failure. Throws `Throttled` instead of running it too often. */
  async attempt<T>(key: string, attempt: () => Promise<T | null>): Promise<T | null> {
    const attempts = this.attempts.get(key) ?? { present: 0, running: 0, ended: 0, waiting: [] };
    this.attempts.set(key, attempts);
    attempts.present += 1;
    try {
      await this.enter(key, attempts);
      return await this.run(key, attempts, attempt);
    } finally {
      attempts.present -= 1;
      if (attempts.present === 0) this.attempts.delete(key);
    }
  }

  private async enter(key: string, attempts: Attempts): Promise<void> {
    for (;;) {
      const { ended } = attempts;
      const used = await this.failures.get(key);
      if (attempts.ended !== ended) continue;
      const failed = used !== null && used.msBeforeNext > 0 ? used.consumedPoints : 0;
      if (failed >= this.limit) {
        throw new Throttled('Too many failed attempts.', Math.max(1, Math.ceil((used?.msBeforeNext ?? 0) / 1000)));
      }
      if (failed + attempts.running < this.limit) break;
      await new Promise<void>((resolve) => attempts.waiting.push(resolve));
    }
    attempts.running += 1;
  }

  private async run<T>(key: string, attempts: Attempts, attempt: () => Promise<T | null>): Promise<T | null> {
    try {
      const result = await attempt();
      if (result === null) await this.failures.penalty(key);
      else await this.failures.delete(key);
      return result;
    } finally {
      attempts.running -= 1;
      attempts.ended += 1;
      for (const wake of attempts.waiting.splice(0)) wake();
    }
  }
}

import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { Throttled } from '../common/errors.js';
import { Config } from '../config/config.js';
import { FailureGate } from './failure-gate.js';

const WINDOW_SECONDS = 60;
/** Refused tokens and basic passwords of one address before it hears 429 instead of 401. */
const REFUSALS_PER_MINUTE = 600;

/**
 * How often one may be wrong. Counted in memory, per process: several API processes allow so many times more, which
 * slows a guesser down just as well and costs no round trip.
 */
@Injectable()
export class FailureLimits {
  private readonly logins: FailureGate;
  private readonly refusals = new RateLimiterMemory({ points: REFUSALS_PER_MINUTE, duration: WINDOW_SECONDS });

  constructor(config: Config) {
    this.logins = new FailureGate(config.values.loginFailuresPerMinute, WINDOW_SECONDS);
  }

  /** Runs one log-in attempt; null from it is a failure. Failures of others, or elsewhere, do not matter. */
  attemptLogin<T>(username: string, address: string, attempt: () => Promise<T | null>): Promise<T | null> {
    return this.logins.attempt(`${address} ${fingerprint(username)}`, attempt);
  }

  /**
   * Counts a refused credential. Throws `Throttled` when there were too many; a valid credential never comes here, so it
   * is never refused by this.
   */
  async refused(address: string): Promise<void> {
    const used = await this.refusals.penalty(address);
    if (used.consumedPoints > REFUSALS_PER_MINUTE) {
      throw new Throttled('Too many refused requests.', Math.max(1, Math.ceil(used.msBeforeNext / 1000)));
    }
  }
}

/** A name is whatever a client sent: megabytes of it must not be kept for a minute. */
function fingerprint(username: string): string {
  return createHash('sha256').update(username).digest('base64');
}

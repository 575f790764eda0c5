import { createHmac, randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { Injectable } from '@nestjs/common';
import { matchesPassword, unmatchableHash } from './password-hash.js';

/** HTTP basic sends the password with every request; scrypt on each would cost a core for a handful of clients. */
const REMEMBERED_FOR_MS = 60_000;
const MOST_REMEMBERED = 10_000;
/** scrypt runs on the same four threads as files and name look-ups: it may not take them all. */
const LANES = Math.max(1, Math.min(2, availableParallelism()));

interface Verdict {
  readonly matches: Promise<boolean>;
  expiresAt: number;
}

/**
 * Compares passwords with hashes, the same pair at most about once a minute in this process, right or wrong. Pairs are
 * remembered under a key only this process knows; a changed password has another hash and so is never remembered.
 */
@Injectable()
export class PasswordVerifier {
  private readonly key = randomBytes(32);
  private readonly verdicts = new Map<string, Verdict>();
  private readonly nobodysHash = unmatchableHash();
  private readonly waiting: (() => void)[] = [];
  private busy = 0;

  /** `hash` null: there is no such user, which must take as long to find out as a wrong password. */
  verify(username: string, password: string, hash: string | null): Promise<boolean> {
    const now = Date.now();
    const stored = hash ?? this.nobodysHash;
    const pair = createHmac('sha256', this.key)
      .update(JSON.stringify([username, stored, password]))
      .digest('base64');
    const known = this.verdicts.get(pair);
    if (known && known.expiresAt > now) return known.matches;
    const verdict: Verdict = { matches: this.compare(password, stored), expiresAt: Number.POSITIVE_INFINITY };
    this.remember(pair, verdict, now);
    verdict.matches.then(
      () => (verdict.expiresAt = Date.now() + REMEMBERED_FOR_MS),
      () => this.verdicts.delete(pair),
    );
    return verdict.matches;
  }

  private remember(pair: string, verdict: Verdict, now: number): void {
    this.verdicts.delete(pair);
    this.verdicts.set(pair, verdict);
    for (const [oldest, { expiresAt }] of this.verdicts) {
      if (this.verdicts.size <= MOST_REMEMBERED && expiresAt > now) break;
      this.verdicts.delete(oldest);
    }
  }

  private async compare(password: string, hash: string): Promise<boolean> {
    if (this.busy >= LANES) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.busy += 1;
    try {
      return await matchesPassword(password, hash);
    } finally {
      // The lane goes to the next in line without ever being free, so nobody can overtake.
      const next = this.waiting.shift();
      if (next) next();
      else this.busy -= 1;
    }
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { ReadinessChecks, type ReadinessCheck } from '../../operations/readiness-checks.js';

/** A check that takes longer has failed, whatever it would have said. */
const LIMIT_MS = 2_000;

/** What keeps this process from its work, by the checks that `/health/ready` makes too. */
@Injectable()
export class HealthProblems {
  private readonly logger = new Logger('Drydock');

  constructor(private readonly checks: ReadinessChecks) {}

  /** A sentence for each; empty when all is well. */
  async list(): Promise<string[]> {
    const outcomes = await Promise.all([...this.checks.all()].map(([name, check]) => this.run(name, check)));
    return outcomes.filter((problem) => problem !== null);
  }

  private async run(name: string, check: ReadinessCheck): Promise<string | null> {
    const late = new AbortController();
    const limit = sleep(LIMIT_MS, 'late' as const, { signal: late.signal, ref: false });
    limit.catch(() => undefined);
    try {
      const outcome = await Promise.race([check(), limit]);
      return outcome === 'late' ? `${name}: no answer within ${LIMIT_MS / 1000} s` : null;
    } catch (error) {
      this.logger.warn(`not healthy: ${name}`, error);
      return `${name}: ${error instanceof Error ? error.message : 'failed'}`;
    } finally {
      late.abort();
    }
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';

const LOOK_AGAIN_MS = 20;

/** Resolves with what is worth showing, or throws with the reason why not ready. The message is shown to anyone. */
export type ReadinessCheck = () => Promise<Readonly<Record<string, unknown>> | void>;

/** What must be well before this process is sent work. Modules register their own when they start. */
@Injectable()
export class ReadinessChecks {
  private readonly checks = new Map<string, ReadinessCheck>();

  register(name: string, check: ReadinessCheck): void {
    this.checks.set(name, check);
  }

  all(): ReadonlyMap<string, ReadinessCheck> {
    return this.checks;
  }

  /** Waits until every check is well, or until `limitMs` have passed: then it is for `/health/ready` to say what is not. */
  async settle(limitMs: number): Promise<void> {
    const until = Date.now() + limitMs;
    while (!(await this.areWell()) && Date.now() < until) await sleep(LOOK_AGAIN_MS);
  }

  private async areWell(): Promise<boolean> {
    const outcomes = await Promise.allSettled([...this.checks.values()].map((check) => check()));
    return outcomes.every(({ status }) => status === 'fulfilled');
  }
}

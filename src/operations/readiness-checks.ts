import { Injectable } from '@nestjs/common';

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
}

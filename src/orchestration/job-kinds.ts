import { Injectable } from '@nestjs/common';
import type { JobKind } from './step-handler.js';
import type { StepSpec } from './step.js';

/** For a job of a kind that this version of the server does not know: there is nobody to tell of its end. */
export const UNKNOWN_KIND: JobKind<unknown> = { steps: {}, load: () => Promise.resolve(undefined) };

/** Who runs which kind of job. Domains register when their module starts, before any worker does. */
@Injectable()
export class JobKinds {
  private readonly kinds = new Map<string, JobKind<unknown>>();

  register<Subject>(name: string, kind: JobKind<Subject>): void {
    if (this.kinds.has(name)) throw new Error(`The job kind ${name} is registered twice`);
    this.kinds.set(name, kind as JobKind<unknown>);
  }

  find(name: string): JobKind<unknown> | undefined {
    return this.kinds.get(name);
  }

  get(name: string): JobKind<unknown> {
    const kind = this.find(name);
    if (!kind) throw new Error(`No handler is registered for jobs of kind ${name}`);
    return kind;
  }

  /** A plan with a step nobody can run must not be stored. */
  assertRunnable(name: string, steps: readonly StepSpec[]): void {
    const kind = this.get(name);
    const missing = steps.find((step) => !(step.kind in kind.steps));
    if (missing) throw new Error(`No handler is registered for steps of kind ${missing.kind} in ${name}`);
  }
}

import type { StepSpec } from './step.js';

/** The work on one target, as a domain plans it. */
export interface JobSpec {
  readonly targetKind: string;
  readonly targetId: string;
  readonly label: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly steps: readonly StepSpec[];
  /** Its failure halts a batch that stops at failures; true unless said otherwise. Any failure makes a batch a failed one. */
  readonly critical?: boolean;
  /** Where the target is and what it is called: for waves, windows and whoever looks for it. */
  readonly site?: string | null;
  readonly tags?: readonly string[];
  /** The job it tries again. */
  readonly retriedFrom?: number;
  /** `steps` are records of a job that stopped, and this one goes on from there. */
  readonly goesOn?: boolean;
}

import type { EntityManager } from 'typeorm';
import type { Principal } from '../auth/principal.js';
import type { Batch } from './batch.entity.js';
import type { JobSpec } from './job-spec.js';
import type { Artifact, EndedJobStatus, EndingWrite } from './job-writes.js';
import type { Job } from './job.entity.js';
import type { LogLevel } from './job-log.entity.js';
import type { BatchStatus } from './states.js';
import type { StepRecord } from './step.js';

/** What a step came to, short of an error. Errors are thrown; `ActionError.retryable` says whether to try again. */
export type StepOutcome =
  | { readonly outcome: 'success' | 'warning' | 'skipped'; readonly message?: string; readonly result?: Json }
  /** Known to have failed. After an irreversible act only this settles a failure; a thrown error leaves it unknown. */
  | { readonly outcome: 'failed'; readonly message: string; readonly result?: Json; readonly unknown?: boolean }
  /** Somebody stopped the work before it was done, and it was left in order: the job ends as cancelled. */
  | { readonly outcome: 'cancelled'; readonly message: string }
  /** The whole job has reached its aim: the steps after this one are skipped. */
  | { readonly outcome: 'finished'; readonly message: string; readonly result?: Json }
  /**
   * Nothing to do but wait: ask again in `afterMs`. The slot is given back meanwhile. `until` names what else ends the
   * wait: whoever makes it happen wakes the jobs that wait for it.
   */
  | { readonly outcome: 'again'; readonly afterMs: number; readonly waitingFor: string; readonly until?: string };

/** `not_done`: the target was asked and says that the irreversible act did not happen; it is safe to do it again. */
export type CheckOutcome = StepOutcome | { readonly outcome: 'not_done'; readonly message: string };

export type Json = Record<string, unknown>;

export interface StepContext<Subject> {
  readonly job: Readonly<Pick<Job, 'id' | 'batchId' | 'targetId' | 'label' | 'input' | 'attempt'>>;
  readonly steps: readonly Readonly<StepRecord>[];
  readonly step: Readonly<StepRecord>;
  /** What the domain loaded for this claim. */
  readonly subject: Subject;
  /**
   * Aborts when the step's time is over, the job is no longer ours, the process must stop, or somebody wants the job
   * stopped. The last never happens after `beforeIrreversible`: that step is settled first.
   */
  readonly signal: AbortSignal;
  /** Who wants the job stopped, for a step that has announced what must be settled first. */
  readonly stopWantedBy: string | null;
  log(text: string, level?: LogLevel): void;
  /** Part of a measured step, 0..1. */
  progress(fraction: number): void;
  keep(artifact: Artifact): void;
  /** Stores what the handler must find again after a crash. Rejects when the job is no longer ours. */
  remember(state: Json): Promise<void>;
  /**
   * Stores what `write` returns, in the transaction in which it wrote: for a step whose work is rows of our own, which
   * so is done exactly once. Only what the domain loaded as the subject has such a `write`.
   */
  rememberWith(write: (tx: EntityManager) => Promise<Json>): Promise<void>;
  /**
   * To be awaited immediately before an act that cannot be taken back. From then on only `check` is called for this
   * step, until it settles what happened. Rejects when the job is no longer ours, was asked to stop, or its window has
   * closed; then the act must not be done.
   */
  beforeIrreversible(state?: Json): Promise<void>;
  /** Milliseconds by the database's clock, so that times survive a change of machine. */
  now(): number;
}

/** One kind of step. Both methods are re-entrant: they may be called again after a crash at any point. */
export interface StepHandler<Subject> {
  run(context: StepContext<Subject>): Promise<StepOutcome>;
  /** Asks the target what became of an act that was announced by `beforeIrreversible`. */
  check?(context: StepContext<Subject>): Promise<CheckOutcome>;
}

export type EndedJob = Pick<Job, 'id' | 'batchId' | 'kind' | 'targetId' | 'input' | 'steps'> & {
  readonly status: EndedJobStatus;
};

/** The steps of a job that tries a failed one again, as they are stored; null: this one cannot be tried again. */
export type Retry = (steps: readonly StepRecord[]) => StepRecord[] | null;

export type EndedBatch = Pick<Batch, 'id' | 'kind' | 'reason' | 'request'> & {
  readonly status: Extract<BatchStatus, 'succeeded' | 'failed' | 'cancelled'>;
};

/** What a domain hands down so that its jobs can be run. */
export interface JobKind<Subject> {
  readonly steps: Readonly<Record<string, StepHandler<Subject>>>;
  /** Reads what the handlers need, once per claim. The only part that may read the database. */
  load(job: Readonly<Job>, helpers: { keepLog(text: string): void }): Promise<Subject>;
  /** Called in the transaction that ends a job that had started; before the batch's rows or the job's are taken. */
  onFinished?(tx: EntityManager, job: EndedJob): Promise<void>;
  /** The same for a domain that only has one row to change: the statement travels with the job's own, in one round trip. */
  endingWrite?(job: EndedJob): EndingWrite | null;
  /**
   * Called in the transaction that ends the batch, after the last of its jobs and before the batch's own row is taken.
   * Jobs that never started (cancelled, halted by another's failure, missed) had no `onFinished`: they are settled here.
   * When it throws, the batch does not end; it says why (`endingProblem`) and is tried again.
   */
  onBatchEnded?(tx: EntityManager, batch: EndedBatch): Promise<void>;
  /** Its failed jobs may be tried again in a new batch. `goOnAtFailure` is what most kinds want. */
  readonly retry?: Retry;
  /** What such a job is told where it works with the rights of who asked: of who asks now, not of who did before. */
  retriedInput?(input: Json, by: Principal): Json;
  /** A gate of its batches may ask for what was done to be undone. */
  readonly rollBack?: RollBack;
}

export interface RollBack {
  /** Why the work of these jobs could not be undone; null: it could. Asked before a batch with such a gate is stored. */
  refuse(tx: EntityManager, jobs: readonly JobSpec[]): Promise<string | null>;
  /** The jobs that undo what the given ones did. Those that never touched their target are not among them. */
  plan(tx: EntityManager, jobs: readonly Job[]): Promise<JobSpec[]>;
}

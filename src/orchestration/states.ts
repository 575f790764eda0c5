import { IllegalTransition } from '../common/errors.js';

/**
 * States as data. These tables are the only place that says what may follow what; SQL takes its `WHERE status IN (…)`
 * from `sources`, so a statement cannot allow what a table forbids.
 */
type Transitions<S extends string> = Readonly<Record<S, readonly S[]>>;

export type BatchStatus = 'scheduled' | 'running' | 'succeeded' | 'failed' | 'cancelled';
export type WaveStatus = 'pending' | 'open' | 'holding' | 'done' | 'halted';
export type JobStatus = 'pending' | 'queued' | 'running' | 'waiting' | 'succeeded' | 'failed' | 'cancelled';
export type StepStatus = 'pending' | 'running' | 'success' | 'warning' | 'failed' | 'skipped';

export const BATCH_TRANSITIONS: Transitions<BatchStatus> = {
  scheduled: ['running', 'failed', 'cancelled'],
  running: ['succeeded', 'failed', 'cancelled'],
  succeeded: [],
  failed: [],
  cancelled: [],
};

/** holding: all its jobs have ended, and its gate does not let the batch go on yet. */
export const WAVE_TRANSITIONS: Transitions<WaveStatus> = {
  pending: ['open', 'halted'],
  open: ['holding', 'done', 'halted'],
  holding: ['done', 'halted'],
  done: [],
  halted: [],
};

/**
 * pending: not released by the planner yet. queued: released, a wake-up is on its way, the target is untouched.
 * A queued one that nobody has claimed is taken back when its batch is paused.
 * running: a worker holds it (or held it and died). waiting: started, gave its slot back until a time or a limit.
 */
export const JOB_TRANSITIONS: Transitions<JobStatus> = {
  pending: ['queued', 'failed', 'cancelled'],
  queued: ['pending', 'running', 'failed', 'cancelled'],
  running: ['running', 'waiting', 'succeeded', 'failed', 'cancelled'],
  waiting: ['running'],
  succeeded: [],
  failed: [],
  cancelled: [],
};

export const STEP_TRANSITIONS: Transitions<StepStatus> = {
  pending: ['running', 'skipped'],
  // back to pending: its window closed before it did what cannot be taken back
  running: ['pending', 'success', 'warning', 'failed', 'skipped'],
  success: [],
  warning: [],
  failed: [],
  skipped: [],
};

export function assertTransition<S extends string>(table: Transitions<S>, from: S, to: S): void {
  if (!table[from].includes(to)) throw new IllegalTransition(`A change from ${from} to ${to} is not allowed`);
}

/** The states from which `to` may be reached. */
export function sources<S extends string>(table: Transitions<S>, to: S): S[] {
  return (Object.keys(table) as S[]).filter((from) => table[from].includes(to));
}

/** Those of the sources of `to` in which a job has not touched its target. */
export function unstartedSources(to: JobStatus): JobStatus[] {
  return sources(JOB_TRANSITIONS, to).filter((from) => (UNSTARTED_JOB_STATUSES as readonly string[]).includes(from));
}

/** Jobs that hold their target: at most one of these per target, kept by a partial unique index. */
export const ACTIVE_JOB_STATUSES = ['running', 'waiting'] as const satisfies readonly JobStatus[];
/** Jobs the planner has let go and that have not ended. */
export const RELEASED_JOB_STATUSES = ['queued', 'running', 'waiting'] as const satisfies readonly JobStatus[];
export const UNSTARTED_JOB_STATUSES = ['pending', 'queued'] as const satisfies readonly JobStatus[];

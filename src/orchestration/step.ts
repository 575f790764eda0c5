import { assertTransition, STEP_TRANSITIONS, type StepStatus } from './states.js';

/** What a domain asks for when it plans a job. */
export interface StepSpec {
  readonly name: string;
  /** Names the handler. */
  readonly kind: string;
  /** A word of the domain's for what the job is doing meanwhile. */
  readonly phase: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** Seconds from the step's first start, its waits included. */
  readonly timeoutS: number;
  /** How often a retryable failure is tried again, and the first delay; it doubles each time. */
  readonly retries: number;
  readonly retryDelayS: number;
  /** Cross-process limits held while the step is in progress, for instance `copy` and `copy:site:4`. */
  readonly limits?: readonly StepLimit[];
  /** The job goes on after this step failed. */
  readonly continueOnFailure?: boolean;
  /** Progress inside the step is reported by its handler; a step that is not measured counts whole while it runs. */
  readonly measured?: boolean;
  /**
   * Doing it twice harms nobody: its end may be written a moment later, together with what comes next. Without this a
   * step's end is recorded before anything else happens, so that a crash does not run it again.
   */
  readonly repeatable?: boolean;
  /**
   * It does something that cannot be taken back: it begins only while its job's window is open. False: what it announces
   * does not need a window. Not stated: the window is asked when it announces an act.
   */
  readonly irreversible?: boolean;
  /** Decided when the job was planned: this step is passed over, with this reason. */
  readonly skip?: string;
}

export interface StepLimit {
  readonly name: string;
  readonly max: number;
}

/** A step as it is stored in its job's row. Plain JSON. */
export interface StepRecord extends StepSpec {
  status: StepStatus;
  startedAt?: string;
  finishedAt?: string;
  message?: string;
  /** 0..1 of a measured step. */
  fraction?: number;
  /** Failed tries so far. */
  tries?: number;
  /** When the irreversible act was about to be done. Set before it, never after. */
  sentAt?: string;
  /** The outcome of the irreversible act could not be found out. */
  unknown?: boolean;
  /** How often a worker was lost while it was in this step. */
  losses?: number;
  /** What the handler must remember between its calls. */
  state?: Record<string, unknown>;
  /** What the handler found, for whoever reads the job. */
  result?: Record<string, unknown>;
}

export function stepRecord(spec: StepSpec): StepRecord {
  return { ...spec, status: 'pending' };
}

/** A step that takes its workers down with it must not take them all: then the job is given up. */
const MOST_LOSSES = 5;

/**
 * Throws when the job cannot go on with its current step: it has failed already and only the job's end was not written,
 * or it cost too many workers. One that was announced is still asked about, until its time is over.
 */
export function assertMayGoOn(step: StepRecord | undefined): void {
  if (step?.status === 'failed') throw new Error(step.message ?? `${step.name} failed`);
  if (step === undefined || step.sentAt !== undefined || (step.losses ?? 0) < MOST_LOSSES) return;
  throw new Error(`Worker lost during ${step.name}, ${step.losses} times`);
}

/** The only way a step's status changes. */
export function setStepStatus(step: StepRecord, to: StepStatus, at: Date, message?: string): void {
  assertTransition(STEP_TRANSITIONS, step.status, to);
  step.status = to;
  if (to === 'pending') delete step.startedAt;
  else if (to === 'running') step.startedAt = at.toISOString();
  else step.finishedAt = at.toISOString();
  if (message !== undefined) step.message = message;
}

const DONE: ReadonlySet<StepStatus> = new Set(['success', 'warning', 'skipped']);

/** Where a job goes on: the first step from `current` that the job has not passed. */
export function firstUnfinished(steps: readonly StepRecord[], current: number): number {
  const isPassed = ({ status, continueOnFailure, unknown }: StepRecord) =>
    DONE.has(status) || (status === 'failed' && continueOnFailure === true && !unknown);
  const index = steps.findIndex((step, at) => at >= current && !isPassed(step));
  return index === -1 ? steps.length : index;
}

/**
 * Percent of a job that is not finished, 0..99: finished steps plus the running one's part (spec upgrade section 1.4:
 * two done and one running of four is 75).
 */
export function progressOf(steps: readonly StepRecord[]): number {
  if (steps.length === 0) return 0;
  const done = steps.filter((step) => DONE.has(step.status)).length;
  const running = steps.find((step) => step.status === 'running');
  const part = running === undefined ? 0 : running.measured ? (running.fraction ?? 0) : 1;
  return Math.min(99, Math.floor((100 * (done + part)) / steps.length));
}

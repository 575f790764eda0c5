import type { EntityManager } from 'typeorm';
import { ActionError } from '../common/errors.js';
import type { JobRun } from './job-run.js';
import type { CheckOutcome, Json, StepContext, StepHandler } from './step-handler.js';
import type { ClosedWindow } from './start-windows.js';
import type { StepRecord } from './step.js';

/** Why work on a job stops before its step is done. */
export type StopReason = 'lost' | 'stopping' | 'aborting';

export type StepEnd =
  | { readonly end: 'outcome'; readonly outcome: CheckOutcome }
  | { readonly end: 'error'; readonly message: string; readonly retryable: boolean }
  | { readonly end: 'timeout' }
  | { readonly end: 'closed'; readonly closed: ClosedWindow }
  | { readonly end: StopReason };

/** A write found that the job is no longer ours. */
export class LostJob extends Error {}

/** A last question to the target after an irreversible act, though the step's time is over. */
const LAST_ASK_MS = 15_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;
const TIMEOUT = Symbol('timeout');

/** What a step may have written while it runs. */
export interface StepWrites {
  save(): Promise<void>;
  saveWith(write: (tx: EntityManager) => Promise<Json>): Promise<void>;
  /** Null: what cannot be taken back may be done now. */
  closedWindow(): Promise<ClosedWindow | null>;
}

/** `closed`: the step was about to do something for which its window is closed, and was told not to. */
interface Gate {
  open: boolean;
  closed: ClosedWindow | null;
}

/**
 * Calls a step's handler once: `check` when an irreversible act was announced and not settled, `run` otherwise. Never
 * rejects; a handler that ignores its signal is left behind and can no longer write.
 */
export async function callStep(
  run: JobRun,
  step: StepRecord,
  handler: StepHandler<unknown>,
  subject: unknown,
  stop: AbortSignal,
  writes: StepWrites,
): Promise<StepEnd> {
  const remaining = step.sentAt ? Math.max(run.remainingMs(), LAST_ASK_MS) : run.remainingMs();
  if (remaining <= 0) return { end: 'timeout' };
  const timer = new AbortController();
  const timeout = setTimeout(() => timer.abort(TIMEOUT), Math.min(remaining, LONGEST_TIMER_MS));
  const signal = AbortSignal.any([stop, run.abort.signal, timer.signal]);
  const gate: Gate = { open: true, closed: null };
  const context = contextOf(run, step, subject, signal, writes, gate);
  // In a promise's own function, so that a handler that throws at once is no different from one that rejects.
  const call = (async () => (step.sentAt && handler.check ? handler.check(context) : handler.run(context)))();
  try {
    const outcome = await Promise.race([call, rejectOnAbort(signal)]);
    return gate.closed ? { end: 'closed', closed: gate.closed } : { end: 'outcome', outcome };
  } catch (error) {
    call.catch(() => undefined);
    // Whatever the handler made of it: it was told not to do the act.
    return gate.closed && !signal.aborted ? { end: 'closed', closed: gate.closed } : endOfError(error, signal);
  } finally {
    gate.open = false;
    clearTimeout(timeout);
  }
}

function endOfError(error: unknown, signal: AbortSignal): StepEnd {
  if (signal.aborted) {
    const reason: unknown = signal.reason;
    if (reason === TIMEOUT) return { end: 'timeout' };
    return { end: reason === 'stopping' || reason === 'aborting' ? reason : 'lost' };
  }
  if (error instanceof LostJob) return { end: 'lost' };
  if (error instanceof ActionError) return { end: 'error', message: error.message, retryable: error.retryable };
  // A handler's own mistake: not retried, shown as it is.
  return { end: 'error', message: error instanceof Error ? error.message : String(error), retryable: false };
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(new Error('aborted'));
    signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
  });
}

function contextOf(
  run: JobRun,
  step: StepRecord,
  subject: unknown,
  signal: AbortSignal,
  writes: StepWrites,
  gate: Gate,
): StepContext<unknown> {
  const write = async (change: () => void, save = () => writes.save()): Promise<void> => {
    if (!gate.open || signal.aborted) throw new LostJob('The step was given up');
    change();
    await save();
    if (!gate.open || signal.aborted) throw new LostJob('The step was given up');
  };
  return {
    job: run.job,
    steps: run.steps,
    step,
    subject,
    signal,
    get stopWantedBy() {
      return run.abort.by;
    },
    log: (text, level) => void (gate.open && run.log(text, level)),
    progress: (fraction) => void (gate.open && run.setFraction(fraction)),
    keep: (artifact) => void (gate.open && run.keep(artifact)),
    remember: (state: Json) => write(() => void (step.state = { ...step.state, ...state })),
    rememberWith: (writing) =>
      write(
        () => undefined,
        () => writes.saveWith(writing),
      ),
    beforeIrreversible: async (state?: Json) => {
      const announcedBefore = step.sentAt;
      if (step.irreversible !== false) gate.closed = await writes.closedWindow();
      if (gate.closed) throw new LostJob(gate.closed.why);
      await write(() => {
        step.state = { ...step.state, ...state };
        step.sentAt = run.now().toISOString();
      });
      // Asked to stop before the announcement was stored: then the act is not begun, and there is nothing to settle.
      if (run.abort.by === null || announcedBefore !== undefined) return;
      delete step.sentAt;
      run.abort.note(run.abort.by);
      throw new LostJob('The job was asked to stop');
    },
    now: () => run.now().getTime(),
  };
}

import { retryDelayMs } from './backoff.js';
import type { StepEnd } from './step-call.js';
import type { ClosedWindow } from './start-windows.js';
import type { StepRecord } from './step.js';
import type { Json } from './step-handler.js';

/** What to do about a step after its handler was called. */
export type Verdict =
  | {
      readonly to: 'next';
      readonly status: 'success' | 'warning' | 'skipped';
      readonly message?: string;
      readonly result?: Json;
    }
  | { readonly to: 'finished'; readonly message: string; readonly result?: Json }
  | {
      readonly to: 'again';
      readonly afterMs: number;
      readonly reason: string;
      readonly freeLimits: boolean;
      readonly until?: string;
    }
  /** Its window is closed: as if the step had not been begun. */
  | { readonly to: 'window'; readonly closed: ClosedWindow }
  /** Call the handler at once: to ask about an act whose answer was lost, or to do one again that did not happen. */
  | { readonly to: 'call'; readonly log: string; readonly settled: boolean }
  | { readonly to: 'failed'; readonly message: string; readonly unknown: boolean; readonly result?: Json }
  /** Somebody wants the job stopped and the step has nothing to settle. */
  | { readonly to: 'cancel'; readonly message?: string }
  | { readonly to: 'stop'; readonly why: 'lost' | 'stopping' };

/**
 * Decides; pure but for the random part of a delay. `wasAsked`: the call was a `check`. `remainingMs`: until the step's
 * time is over. The rule behind it: once an irreversible act was announced, an error or silence proves nothing, so the
 * target is asked until it settles the matter or the time is over; then the outcome is unknown, never guessed.
 */
export function verdictOf(end: StepEnd, step: StepRecord, wasAsked: boolean, remainingMs: number): Verdict {
  switch (end.end) {
    case 'lost':
    case 'stopping':
      return { to: 'stop', why: end.end };
    case 'aborting':
      return { to: 'cancel' };
    case 'closed':
      return { to: 'window', closed: end.closed };
    case 'timeout':
      if (!step.sentAt || wasAsked) return timedOut(step);
      return {
        to: 'call',
        log: `no answer within ${step.timeoutS} s; asking the target what became of it`,
        settled: false,
      };
    case 'error':
      return verdictOfError(end.message, end.retryable, step, wasAsked, remainingMs);
    case 'outcome':
      return verdictOfOutcome(end.outcome, step, remainingMs);
  }
}

function timedOut(step: StepRecord): Verdict {
  const message = `${step.name} timed out after ${step.timeoutS} s`;
  if (!step.sentAt) return { to: 'failed', message, unknown: false };
  const known = step.message ? `; last answer: ${step.message}` : '';
  return { to: 'failed', message: `${message}: the outcome is unknown${known}`, unknown: true };
}

function verdictOfOutcome(
  outcome: Extract<StepEnd, { end: 'outcome' }>['outcome'],
  step: StepRecord,
  remainingMs: number,
): Verdict {
  switch (outcome.outcome) {
    case 'success':
    case 'warning':
    case 'skipped':
      return { to: 'next', status: outcome.outcome, message: outcome.message, result: outcome.result };
    case 'failed':
      return { to: 'failed', message: outcome.message, unknown: outcome.unknown ?? false, result: outcome.result };
    case 'cancelled':
      return { to: 'cancel', message: outcome.message };
    case 'finished':
      return { to: 'finished', message: outcome.message, result: outcome.result };
    case 'again':
      if (remainingMs <= 0) return timedOut({ ...step, message: outcome.waitingFor });
      return {
        to: 'again',
        afterMs: clamp(outcome.afterMs, remainingMs),
        reason: outcome.waitingFor,
        freeLimits: false,
        until: outcome.until,
      };
    case 'not_done':
      return notDone(outcome.message, step);
  }
}

/** The target says that nothing happened. A definite error is then the truth; otherwise the act may be done again. */
function notDone(message: string, step: StepRecord): Verdict {
  const error = step.state?.['error'];
  if (typeof error === 'string') return { to: 'failed', message: error, unknown: false };
  if ((step.tries ?? 0) >= step.retries) {
    return { to: 'failed', message: `${message}; given up after ${step.tries ?? 0} retries`, unknown: false };
  }
  return { to: 'call', log: `${message}; it is safe to do it again`, settled: true };
}

function verdictOfError(
  message: string,
  retryable: boolean,
  step: StepRecord,
  wasAsked: boolean,
  remainingMs: number,
): Verdict {
  if (step.sentAt && !wasAsked) {
    return { to: 'call', log: `${message}; asking the target what became of it`, settled: false };
  }
  if (!retryable) return { to: 'failed', message, unknown: wasAsked };
  if (wasAsked) {
    if (remainingMs <= 0) return timedOut({ ...step, message });
    const afterMs = clamp(retryDelayMs(1, step.retryDelayS), remainingMs);
    return { to: 'again', afterMs, reason: message, freeLimits: false };
  }
  const tries = (step.tries ?? 0) + 1;
  if (tries > step.retries) return { to: 'failed', message, unknown: false };
  if (remainingMs <= 0) return timedOut(step);
  const afterMs = clamp(retryDelayMs(tries, step.retryDelayS), remainingMs);
  return { to: 'again', afterMs, reason: `${message}; try ${tries} of ${step.retries}`, freeLimits: true };
}

function clamp(afterMs: number, remainingMs: number): number {
  return Math.max(0, Math.min(Math.round(afterMs), remainingMs));
}

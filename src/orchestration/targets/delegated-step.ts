import { ActionError, DomainError } from '../../common/errors.js';
import { isDatabaseUnavailable, isRetryableConflict } from '../../database/pg-errors.js';
import type { EntityManager } from 'typeorm';
import type { CheckOutcome, Json, StepContext, StepHandler, StepOutcome } from '../step-handler.js';
import { endOfBatch } from '../wake-ups.js';
import type { BatchStatus } from '../states.js';

/** What became of the batch that was started so far. */
export interface FollowedBatch {
  readonly status: BatchStatus;
  readonly reason: string | null;
  /** Somebody does not know what became of one of its targets. */
  readonly unknown: boolean;
  /** 0..1 */
  readonly fraction: number;
  /** Why the first of its jobs failed. */
  readonly firstProblem: string | null;
}

/** What the step may do to rows of our own, as the job kind loads it. */
export interface DelegatedWork {
  /** Has the dialect's own service start it, and returns its batch. */
  start(tx: EntityManager): Promise<string>;
  look(batchId: string): Promise<FollowedBatch | null>;
  /** Asks all of it to stop. */
  abort(tx: EntityManager, batchId: string, by: string): Promise<void>;
}

/** The end of the followed batch wakes the job; these are for an end that came between two looks. */
const SOON_MS = 5_000;
const LATER_MS = 60_000;

/**
 * Starts a batch of the target's own dialect and follows it to its end. The start is announced like any act that cannot be
 * taken back, so it waits for its window, and from then on the job only asks what became of it; it is recorded in the
 * transaction that starts the other batch, so there is never a second one. The outcome is copied, never guessed.
 */
export const delegatedStep: StepHandler<DelegatedWork> = {
  async run(context) {
    await context.beforeIrreversible();
    try {
      await context.rememberWith(async (tx) => ({ followed: await context.subject.start(tx) }) satisfies Json);
    } catch (error) {
      throw asActionError(error);
    }
    context.log(`started batch ${followedBatch(context)}`);
    return stillRunning(followedBatch(context)!, SOON_MS);
  },

  async check(context) {
    const id = followedBatch(context);
    if (id === null) return { outcome: 'not_done', message: 'the batch was not started' };
    try {
      const batch = await context.subject.look(id);
      if (batch === null) return { outcome: 'failed', message: `Batch ${id} is gone`, unknown: true };
      context.progress(batch.fraction);
      return (await stopIfWanted(context, id, batch)) ?? outcomeOf(id, batch);
    } catch (error) {
      throw asActionError(error);
    }
  },
};

async function stopIfWanted(
  context: StepContext<DelegatedWork>,
  id: string,
  batch: FollowedBatch,
): Promise<StepOutcome | null> {
  const by = context.stopWantedBy;
  const hasEnded = batch.status !== 'running' && batch.status !== 'scheduled';
  if (by === null || hasEnded || context.step.state?.['stopped'] === true) return null;
  await context.rememberWith(async (tx) => {
    await context.subject.abort(tx, id, by);
    return { stopped: true };
  });
  context.log(`asked batch ${id} to stop`, 'warning');
  return stillRunning(id, SOON_MS);
}

function outcomeOf(id: string, batch: FollowedBatch): CheckOutcome {
  const why = batch.reason ?? batch.firstProblem;
  switch (batch.status) {
    case 'scheduled':
    case 'running':
      return stillRunning(id, LATER_MS);
    case 'succeeded':
      return { outcome: 'success', result: { batch: id } };
    case 'cancelled':
      return { outcome: 'cancelled', message: `Batch ${id} was cancelled${why === null ? '' : `: ${why}`}` };
    case 'failed': {
      const message = `Batch ${id} failed${why === null ? '' : `: ${why}`}`;
      return { outcome: 'failed', message, unknown: batch.unknown, result: { batch: id } };
    }
  }
}

function stillRunning(id: string, afterMs: number): StepOutcome {
  return { outcome: 'again', afterMs, waitingFor: `Follows batch ${id}`, until: endOfBatch(id) };
}

/** The id of the batch that was started, or null. */
export function followedBatch({ step }: { readonly step: { readonly state?: Json } }): string | null {
  const id = step.state?.['followed'];
  return typeof id === 'string' ? id : null;
}

/** What the dialect refuses fails the target, in the dialect's words; a database that is away or busy is tried again. */
function asActionError(error: unknown): unknown {
  if (error instanceof DomainError) {
    return new ActionError(error.message, { code: 'refused', retryable: false, cause: error });
  }
  if (isDatabaseUnavailable(error) || isRetryableConflict(error)) {
    return new ActionError('The database could not do it just now', { code: 'busy', retryable: true, cause: error });
  }
  return error;
}

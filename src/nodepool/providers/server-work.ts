import { ActionError } from '../../common/errors.js';
import { PoolError, type PoolServer, type Reachability, type ServerWish } from '../../drivers/pool/pool-provider.js';
import type { StepContext, StepOutcome } from '../../orchestration/step-handler.js';
import type { CallIo, ProviderAccess } from './provider-access.js';

/** A server that a job creates: a node's, or the template of a snapshot. The functions are the database's side. */
export interface ServerWork {
  readonly provider: ProviderAccess;
  readonly wish: ServerWish;
  readonly reachability: Reachability;
  /** The server's id is kept from now on, whatever becomes of the row. */
  hasServer(externalId: string): Promise<void>;
  /** False: the server is not wanted any more. */
  hasAddress(server: PoolServer): Promise<boolean>;
}

export interface ServerSubject {
  /** Or why there is nothing to work on, as a sentence. */
  readonly work: ServerWork | { readonly refused: string };
}

export function workOf(subject: ServerSubject): ServerWork {
  if ('refused' in subject.work) throw new ActionError(subject.work.refused, { code: 'refused', retryable: false });
  return subject.work;
}

export function ioOf(context: StepContext<unknown>): CallIo {
  return {
    signal: context.signal,
    log: (text) => context.log(text),
    progress: (fraction) => context.progress(fraction),
  };
}

/** The outcome of a step that had better come back later, because the provider's rate queue is full; null: go on. */
export function crowded(provider: ProviderAccess): StepOutcome | null {
  const afterMs = provider.crowdedMs();
  if (afterMs === 0) return null;
  return { outcome: 'again', afterMs, waitingFor: `its turn at ${provider.config.name}` };
}

/** Looks often at first, then less and less: most is quick, and what is not is slow. */
export function pollMs(context: StepContext<unknown>): number {
  const elapsed = context.now() - Date.parse(context.step.startedAt ?? '');
  return Math.min(5_000, Math.max(200, elapsed / 3));
}

/** A provider that is away for a moment does not end what only looks; the step's time does. */
export function againIfAway(context: StepContext<unknown>, error: unknown): StepOutcome {
  if (!(error instanceof PoolError) || !error.retryable) throw error;
  const afterMs = Math.max(pollMs(context), 1_000, (error.retryAfterS ?? 0) * 1000);
  return { outcome: 'again', afterMs, waitingFor: error.message };
}

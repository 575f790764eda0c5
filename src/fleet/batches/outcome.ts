import type { HaltedBy } from '../../orchestration/batch-steering.js';
import type { BatchStatus } from '../../orchestration/states.js';

/** What became of a batch, in one word; the exit code of the command line follows it. */
export type BatchOutcome = 'succeeded' | 'failed' | 'halted' | 'cancelled' | 'unknown';

export interface OutcomeFacts {
  readonly status: BatchStatus;
  readonly haltedBy: HaltedBy | null;
  /** A target of it ended without anybody knowing what became of an act that cannot be taken back. */
  readonly hasUnknown: boolean;
}

/**
 * Null while it goes on. What a gate stopped is `halted` whatever its jobs came to: that the rollout was stopped is what
 * whoever waits has to know first. A failure nobody can vouch for is never worded as a plain one.
 */
export function outcomeOf({ status, haltedBy, hasUnknown }: OutcomeFacts): BatchOutcome | null {
  switch (status) {
    case 'scheduled':
    case 'running':
      return null;
    case 'succeeded':
      return hasUnknown ? 'unknown' : 'succeeded';
    case 'failed':
      if (haltedBy === 'gate') return 'halted';
      return hasUnknown ? 'unknown' : 'failed';
    case 'cancelled':
      return hasUnknown ? 'unknown' : 'cancelled';
  }
}

import type { EnvironmentStatus } from '../records/environment.entity.js';
import type { EndedWorkflowStatus } from './flow.js';

/** The states of an environment, as data (spec environments section 3.1). SQL takes its `where status in` from here. */
export const ENVIRONMENT_TRANSITIONS: Readonly<Record<EnvironmentStatus, readonly EnvironmentStatus[]>> = {
  Ready: ['Busy', 'Destroyed'],
  Busy: ['Ready', 'Broken', 'Destroyed'],
  Broken: ['Busy', 'Ready', 'Destroyed'],
  Destroyed: [],
};

/** The states from which `to` may be reached. */
export function environmentSources(to: EnvironmentStatus): EnvironmentStatus[] {
  return (Object.keys(ENVIRONMENT_TRANSITIONS) as EnvironmentStatus[]).filter((from) =>
    ENVIRONMENT_TRANSITIONS[from].includes(to),
  );
}

export interface EndedWorkflow {
  readonly status: EndedWorkflowStatus;
  readonly isDestroy: boolean;
  /** What a read-only workflow leaves behind: the status that the environment had before. */
  readonly restoreStatus: EnvironmentStatus | null;
}

/** What becomes of the environment when its workflow has ended. */
export function statusAfter({ status, isDestroy, restoreStatus }: EndedWorkflow): EnvironmentStatus {
  if (restoreStatus !== null) return restoreStatus;
  if (status === 'Failed' || status === 'Canceled') return 'Broken';
  return isDestroy ? 'Destroyed' : 'Ready';
}

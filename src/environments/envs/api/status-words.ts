import type { WorkflowStatus } from '../../records/environment-workflow.entity.js';
import type { EnvironmentStepStatus } from '../../records/environment-step.entity.js';

/** `GENESIS_STATUS_WORDS`: those of the published documentation, or those of version 2 (spec environments section 0). */
export type StatusWords = 'wiki' | '2.x';

const WIKI: Readonly<Record<WorkflowStatus | EnvironmentStepStatus, string>> = {
  Requested: 'Requested',
  Running: 'Executing',
  Successful: 'Succeed',
  // Newer than the documentation, which has no word for it.
  Warning: 'Warning',
  Failed: 'Failed',
  Canceled: 'Canceled',
};

export function statusWord(status: WorkflowStatus | EnvironmentStepStatus, words: StatusWords): string {
  return words === 'wiki' ? WIKI[status] : status;
}

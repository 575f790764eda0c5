import type { EndedJob } from '../../orchestration/step-handler.js';
import { storableText } from '../../orchestration/storable.js';

/** Why a job failed, as its failed step says. */
export function problemOf(job: Pick<EndedJob, 'steps'>): string {
  return storableText(job.steps.find(({ status }) => status === 'failed')?.message ?? 'The job failed');
}

import type { EndedJob } from '../../orchestration/step-handler.js';

/** What a failed job has to say: the step it failed in, and why. */
export function errorOf(job: Pick<EndedJob, 'steps'>): string {
  const failed = job.steps.find(({ status }) => status === 'failed');
  if (failed === undefined) return 'Unknown error';
  return `${failed.name}: ${failed.message ?? 'Unknown error'}`;
}

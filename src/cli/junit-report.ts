import junit, { type Builder } from 'junit-report-builder';
import { stateOf } from './batch-text.js';
import type { BatchDetailAnswer, JobAnswer } from './batch-wire.js';

/** Its types describe another export than CommonJS gives to a module. */
const BUILDER = junit as unknown as Builder;

/** A report as CI systems show it: a test case for each target, and one for the batch where it did not succeed by itself. */
export function junitReport(batch: BatchDetailAnswer, jobs: readonly JobAnswer[]): string {
  const builder = BUILDER.newBuilder();
  const suite = builder.testSuite().name(batch.name ?? batch.id);
  if (batch.started_at !== null) suite.timestamp(batch.started_at);
  const labels = new Map(batch.waves.map(({ wave, label }) => [wave, label]));
  for (const job of jobs) {
    const test = suite
      .testCase()
      .className(`${batch.dialect}.${labels.get(job.wave) || `wave ${job.wave}`}`)
      .name(job.target.label)
      .time(secondsOf(job));
    if (job.unknown) test.error(job.reason ?? 'nobody knows what became of it', 'unknown');
    else if (job.status === 'failed') test.failure(job.reason ?? 'failed', 'failed');
    else if (job.status !== 'succeeded') {
      // One that was begun may have changed its target: only what was never touched is skipped.
      if (job.started_at === null) test.skipped();
      else test.error(job.reason ?? job.status, job.status);
    }
  }
  // A halted or cancelled rollout must not look like a green one with a few skipped targets.
  const showsIt = jobs.some(({ unknown, status }) => unknown || status === 'failed');
  if (batch.outcome !== 'succeeded' && !showsIt) {
    suite
      .testCase()
      .className(batch.dialect)
      .name('batch')
      .failure(stateOf(batch), batch.outcome ?? batch.status);
  }
  return builder.build();
}

function secondsOf({ started_at, finished_at }: JobAnswer): number {
  if (started_at === null || finished_at === null) return 0;
  return Math.max(0, (Date.parse(finished_at) - Date.parse(started_at)) / 1000);
}

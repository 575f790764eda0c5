import type { StepStatus } from '../../orchestration/states.js';
import type { JobDetail } from './job-rows.js';

/** One thing that happened to a target. `until` is when it was over, null while it goes on or for what has no length. */
export interface TimelineEntry {
  readonly at: Date;
  readonly until: Date | null;
  readonly what: 'created' | 'wave_opened' | 'started' | 'step' | 'announced' | 'finished';
  readonly step: string | null;
  readonly status: StepStatus | JobDetail['status'] | null;
  readonly message: string | null;
}

/** What happened to the job's target, in order. Pure; every time is one that was recorded, none is worked out. */
export function timelineOf(job: JobDetail): TimelineEntry[] {
  const entries = [
    entry(job.createdAt, 'created'),
    ...(job.waveOpenedAt ? [entry(job.waveOpenedAt, 'wave_opened')] : []),
    ...(job.startedAt ? [entry(job.startedAt, 'started')] : []),
    ...job.steps.flatMap(stepEntries),
    ...(job.finishedAt ? [entry(job.finishedAt, 'finished', { status: job.status, message: job.reason })] : []),
  ];
  // The sort is stable: what was recorded in the same millisecond stays in the order of what led to what.
  return entries.sort((a, b) => a.at.getTime() - b.at.getTime());
}

function stepEntries(step: JobDetail['steps'][number]): TimelineEntry[] {
  if (step.startedAt === undefined) return [];
  const { name, status, message = null } = step;
  const until = step.finishedAt === undefined ? null : new Date(step.finishedAt);
  const ran = entry(new Date(step.startedAt), 'step', { step: name, status, message, until });
  return step.sentAt === undefined ? [ran] : [ran, entry(new Date(step.sentAt), 'announced', { step: name })];
}

function entry(at: Date, what: TimelineEntry['what'], more: Partial<TimelineEntry> = {}): TimelineEntry {
  return { at, until: null, what, step: null, status: null, message: null, ...more };
}

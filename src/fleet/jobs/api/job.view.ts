import type { PageView } from '../../api/page.dto.js';
import { plainTargetKind } from '../../../orchestration/targets/delegated.js';
import type { JobDetail, JobRow } from '../job-rows.js';
import type { LogRow } from '../job-logs.service.js';
import { timelineOf, type TimelineEntry } from '../timeline.js';

export class JobTargetView {
  kind: string;
  id: string;
  label: string;
  site: string | null;
  tags: string[];
}

/** A job in a list. */
export class JobView {
  id: number;
  batch_id: string;
  wave: number;
  position: number;
  kind: string;
  target: JobTargetView;
  status: JobRow['status'];
  /** Nobody knows what became of an act that cannot be taken back. */
  unknown: boolean;
  phase: string;
  progress: number;
  step: string | null;
  waiting_for: string | null;
  wake_at: Date | null;
  abort_requested_by: string | null;
  reason: string | null;
  retried_from: number | null;
  attempt: number;
  worker_id: string | null;
  created_at: Date;
  started_at: Date | null;
  finished_at: Date | null;
}

export class JobPage implements PageView<JobView> {
  items: JobView[];
  next_cursor: string | null;
}

export class StepView {
  step: number;
  name: string;
  kind: string;
  phase: string;
  status: string;
  irreversible: boolean;
  started_at: string | null;
  finished_at: string | null;
  /** When an act that cannot be taken back was announced. */
  announced_at: string | null;
  message: string | null;
  /** Failed tries so far. */
  tries: number;
  unknown: boolean;
}

export class TimelineEntryView {
  at: Date;
  until: Date | null;
  what: TimelineEntry['what'];
  step: string | null;
  status: string | null;
  message: string | null;
}

export class JobDetailView extends JobView {
  current_step: number;
  steps: StepView[];
  /** What happened to the target, in order. */
  timeline: TimelineEntryView[];
}

export class TimelineView {
  items: TimelineEntryView[];
}

export class LogLineView {
  id: string;
  step: number | null;
  level: LogRow['level'];
  at: Date;
  text: string;
}

/** `next_cursor` is null when the job has ended and these were its last lines. */
export class LogPage implements PageView<LogLineView> {
  items: LogLineView[];
  next_cursor: string | null;
}

export function toJobView(job: JobRow): JobView {
  return {
    id: job.id,
    batch_id: job.batchId,
    wave: job.wave,
    position: job.position,
    kind: job.kind,
    target: {
      kind: plainTargetKind(job.targetKind),
      id: job.targetId,
      label: job.label,
      site: job.site,
      tags: [...job.tags],
    },
    status: job.status,
    unknown: job.unknown,
    phase: job.phase,
    progress: job.progress,
    step: job.stepName,
    waiting_for: job.waitingFor,
    wake_at: job.wakeAt,
    abort_requested_by: job.abortRequestedBy,
    reason: job.reason,
    retried_from: job.retriedFrom,
    attempt: job.attempt,
    worker_id: job.workerId,
    created_at: job.createdAt,
    started_at: job.startedAt,
    finished_at: job.finishedAt,
  };
}

export function toJobDetailView(job: JobDetail): JobDetailView {
  return {
    ...toJobView(job),
    current_step: job.currentStep,
    steps: job.steps.map(toStepView),
    timeline: timelineOf(job),
  };
}

/** Neither what a step was configured with nor what it remembers: that is the dialect's, and may be secret. */
function toStepView(step: JobDetail['steps'][number], index: number): StepView {
  return {
    step: index,
    name: step.name,
    kind: step.kind,
    phase: step.phase,
    status: step.status,
    irreversible: step.irreversible ?? false,
    started_at: step.startedAt ?? null,
    finished_at: step.finishedAt ?? null,
    announced_at: step.sentAt ?? null,
    message: step.message ?? null,
    tries: step.tries ?? 0,
    unknown: step.unknown ?? false,
  };
}

export function toLogLineView({ id, step, level, at, text }: LogRow): LogLineView {
  return { id, step, level, at, text };
}

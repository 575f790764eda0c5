import type { JobStatus } from '../../orchestration/states.js';
import type { StepRecord } from '../../orchestration/step.js';

/** A job as lists show it; its steps only when it is looked at by itself. `input` never: it may hold what is secret. */
export interface JobRow {
  readonly id: number;
  readonly batchId: string;
  readonly wave: number;
  readonly position: number;
  readonly kind: string;
  readonly targetKind: string;
  readonly targetId: string;
  readonly label: string;
  readonly site: string | null;
  readonly tags: readonly string[];
  readonly status: JobStatus;
  readonly unknown: boolean;
  readonly phase: string;
  readonly progress: number;
  readonly stepName: string | null;
  readonly waitingFor: string | null;
  readonly wakeAt: Date | null;
  readonly abortRequestedBy: string | null;
  readonly reason: string | null;
  readonly retriedFrom: number | null;
  readonly attempt: number;
  readonly workerId: string | null;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
}

export const JOB_ROW_COLUMNS = `j.id, j.batch_id as "batchId", j.wave, j.position, j.kind, j.target_kind as "targetKind",
  j.target_id as "targetId", j.label, j.site, j.tags, j.status, j.unknown, j.phase, j.progress,
  j.steps -> j.current_step ->> 'name' as "stepName", j.waiting_for as "waitingFor", j.wake_at as "wakeAt",
  j.abort_requested_by as "abortRequestedBy", j.reason, j.retried_from as "retriedFrom", j.attempt,
  j.worker_id as "workerId", j.created_at as "createdAt", j.started_at as "startedAt", j.finished_at as "finishedAt"`;

export interface JobDetail extends JobRow {
  readonly currentStep: number;
  readonly steps: readonly StepRecord[];
  readonly waveOpenedAt: Date | null;
}

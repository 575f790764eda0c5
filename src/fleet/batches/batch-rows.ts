import type { ApprovalNeed, HaltedBy } from '../../orchestration/batch-steering.js';
import type { GateSpec, GateVerdict, WaveTally } from '../../orchestration/gate.js';
import type { BatchMode, FailurePolicy } from '../../orchestration/plan.js';
import type { BatchStatus, JobStatus, WaveStatus } from '../../orchestration/states.js';

/** A batch as its list shows it. What was asked is left out: it is in the words of its dialect and may hold its secrets. */
export interface BatchRow {
  readonly id: string;
  readonly name: string | null;
  readonly dialect: string;
  readonly kind: string;
  readonly status: BatchStatus;
  readonly version: number;
  readonly mode: BatchMode;
  readonly onFailure: FailurePolicy;
  readonly maxParallel: number | null;
  readonly jobsTotal: number;
  readonly createdByName: string;
  readonly createdAt: Date;
  readonly scheduledFor: Date | null;
  readonly deadline: Date | null;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly pausedAt: Date | null;
  readonly pausedBy: string | null;
  readonly pausedReason: string | null;
  readonly approval: ApprovalNeed | null;
  readonly approvedAt: Date | null;
  readonly abortedBy: string | null;
  readonly haltedBy: HaltedBy | null;
  readonly haltedWave: number | null;
  readonly reason: string | null;
  readonly endingProblem: string | null;
  readonly retryOf: string | null;
  readonly rollBackOf: string | null;
  readonly hasUnknown: boolean;
}

export const BATCH_COLUMNS = `b.id, b.name, b.dialect, b.kind, b.status, b.version, b.mode, b.on_failure as "onFailure",
  b.max_parallel as "maxParallel", b.jobs_total as "jobsTotal", b.created_by_name as "createdByName",
  b.created_at as "createdAt", b.scheduled_for as "scheduledFor", b.deadline, b.started_at as "startedAt",
  b.finished_at as "finishedAt", b.paused_at as "pausedAt", b.paused_by as "pausedBy", b.paused_reason as "pausedReason",
  b.approval, b.approved_at as "approvedAt", b.aborted_by as "abortedBy", b.halted_by as "haltedBy",
  b.halted_wave as "haltedWave", b.reason, b.ending_problem as "endingProblem", b.retry_of as "retryOf",
  b.roll_back_of as "rollBackOf",
  exists (select 1 from jobs u where u.batch_id = b.id and u.unknown) as "hasUnknown"`;

export interface WaveRow {
  readonly ordinal: number;
  readonly label: string;
  readonly status: WaveStatus;
  readonly jobsTotal: number | null;
  readonly openedAt: Date | null;
  readonly jobsEndedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly gate: GateSpec | null;
  readonly gateVerdict: GateVerdict | null;
  readonly gateReason: string | null;
  readonly gateLookAt: Date | null;
  readonly gateOverriddenBy: string | null;
  readonly tally: WaveTally | null;
}

export const WAVE_COLUMNS = `w.ordinal, w.label, w.status, w.jobs_total as "jobsTotal", w.opened_at as "openedAt",
  w.jobs_ended_at as "jobsEndedAt", w.finished_at as "finishedAt", w.gate, w.gate_verdict as "gateVerdict",
  w.gate_reason as "gateReason", w.gate_look_at as "gateLookAt", w.gate_overridden_by as "gateOverriddenBy", w.tally`;

/** How many of a batch's jobs are in which state. */
export type JobCounts = Readonly<Partial<Record<JobStatus, number>>>;

export interface BatchDetail extends BatchRow {
  readonly waves: readonly WaveRow[];
  readonly counts: JobCounts;
  /** 0..100, the mean over its jobs. */
  readonly progress: number;
}

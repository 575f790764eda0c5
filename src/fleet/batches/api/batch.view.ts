import type { PageView } from '../../api/page.dto.js';
import type { BatchDetail, BatchRow, JobCounts, WaveRow } from '../batch-rows.js';
import { type BatchOutcome, outcomeOf } from '../outcome.js';

export class BatchApprovalView {
  needed: number;
  digest: string;
  expires_at: string | null;
  approved_at: Date | null;
}

/** A batch in a list. */
export class BatchView {
  id: string;
  name: string | null;
  dialect: string;
  kind: string;
  status: BatchRow['status'];
  /** What became of it; null while it goes on. */
  outcome: BatchOutcome | null;
  reason: string | null;
  version: number;
  mode: BatchRow['mode'];
  on_failure: BatchRow['onFailure'];
  max_parallel: number | null;
  jobs_total: number;
  created_by: string;
  created_at: Date;
  scheduled_for: Date | null;
  deadline: Date | null;
  started_at: Date | null;
  finished_at: Date | null;
  paused: boolean;
  paused_at: Date | null;
  paused_by: string | null;
  paused_reason: string | null;
  approval: BatchApprovalView | null;
  aborted_by: string | null;
  halted_by: BatchRow['haltedBy'];
  halted_wave: number | null;
  /** Why its end cannot be recorded so far; it is tried again. */
  ending_problem: string | null;
  retry_of: string | null;
  roll_back_of: string | null;
}

export class BatchPage implements PageView<BatchView> {
  items: BatchView[];
  next_cursor: string | null;
}

export class GateCheckView {
  name: string;
  max_age_s: number | null;
}

export class GateView {
  max_failures: number | null;
  max_failure_percent: number | null;
  max_unknown: number;
  checks: GateCheckView[];
  soak_s: number;
  on_breach: string;
  verdict: string | null;
  reason: string | null;
  look_again_at: Date | null;
  overridden_by: string | null;
}

/** How a wave's jobs ended, counted once. */
export class TallyView {
  total: number;
  succeeded: number;
  failed: number;
  unknown: number;
  cancelled: number;
  vanished: number;
}

export class WaveView {
  wave: number;
  label: string;
  status: WaveRow['status'];
  jobs_total: number | null;
  opened_at: Date | null;
  jobs_ended_at: Date | null;
  finished_at: Date | null;
  gate: GateView | null;
  tally: TallyView | null;
}

export class WaveListView {
  items: WaveView[];
}

export class BatchDetailView extends BatchView {
  /** Percent, the mean over its jobs. */
  progress: number;
  /** How many jobs are in which state; a state without any is left out. */
  jobs: JobCounts;
  waves: WaveView[];
}

export function toBatchView(batch: BatchRow): BatchView {
  return {
    id: batch.id,
    name: batch.name,
    dialect: batch.dialect,
    kind: batch.kind,
    status: batch.status,
    outcome: outcomeOf(batch),
    reason: batch.reason,
    version: batch.version,
    mode: batch.mode,
    on_failure: batch.onFailure,
    max_parallel: batch.maxParallel,
    jobs_total: batch.jobsTotal,
    created_by: batch.createdByName,
    created_at: batch.createdAt,
    scheduled_for: batch.scheduledFor,
    deadline: batch.deadline,
    started_at: batch.startedAt,
    finished_at: batch.finishedAt,
    ...steeringOf(batch),
    ending_problem: batch.endingProblem,
    retry_of: batch.retryOf,
    roll_back_of: batch.rollBackOf,
  };
}

function steeringOf(batch: BatchRow) {
  const { approval } = batch;
  return {
    paused: batch.pausedAt !== null,
    paused_at: batch.pausedAt,
    paused_by: batch.pausedBy,
    paused_reason: batch.pausedReason,
    approval: approval && {
      needed: approval.needed,
      digest: approval.digest,
      expires_at: approval.expiresAt,
      approved_at: batch.approvedAt,
    },
    aborted_by: batch.abortedBy,
    halted_by: batch.haltedBy,
    halted_wave: batch.haltedWave,
  };
}

export function toBatchDetailView(batch: BatchDetail): BatchDetailView {
  return {
    ...toBatchView(batch),
    progress: batch.progress,
    jobs: batch.counts,
    waves: batch.waves.map(toWaveView),
  };
}

export function toWaveView(wave: WaveRow): WaveView {
  return {
    wave: wave.ordinal,
    label: wave.label,
    status: wave.status,
    jobs_total: wave.jobsTotal,
    opened_at: wave.openedAt,
    jobs_ended_at: wave.jobsEndedAt,
    finished_at: wave.finishedAt,
    gate: wave.gate && toGateView(wave, wave.gate),
    tally: wave.tally,
  };
}

function toGateView(wave: WaveRow, gate: NonNullable<WaveRow['gate']>): GateView {
  return {
    max_failures: gate.maxFailures,
    max_failure_percent: gate.maxFailurePercent,
    max_unknown: gate.maxUnknown,
    checks: gate.checks.map(({ name, maxAgeS }) => ({ name, max_age_s: maxAgeS })),
    soak_s: gate.soakS,
    on_breach: gate.onBreach,
    verdict: wave.gateVerdict,
    reason: wave.gateReason,
    look_again_at: wave.gateLookAt,
    overridden_by: wave.gateOverriddenBy,
  };
}

import type { JobStatus } from '../../../orchestration/states.js';
import type { StepRecord } from '../../../orchestration/step.js';
import type { JobLogLine, StoredArtifact, UpgradeJob } from '../upgrade-jobs.service.js';

/** The seven statuses of the documentation; nothing else ever appears (spec upgrade section 1.4). */
export type JobStatusWord =
  'pending' | 'scheduled' | 'distributing' | 'activating' | 'success' | 'failed' | 'cancelled';

const WORDS: Readonly<Record<JobStatus, (job: Pick<UpgradeJob, 'batchStatus' | 'phase'>) => JobStatusWord>> = {
  pending: (job) => (job.batchStatus === 'scheduled' ? 'scheduled' : 'pending'),
  queued: () => 'pending',
  running: (job) => inProgress(job.phase),
  waiting: (job) => inProgress(job.phase),
  succeeded: () => 'success',
  failed: () => 'failed',
  cancelled: () => 'cancelled',
};

function inProgress(phase: string): JobStatusWord {
  return phase === 'activating' ? 'activating' : 'distributing';
}

export function statusWord(job: Pick<UpgradeJob, 'status' | 'batchStatus' | 'phase'>): JobStatusWord {
  return WORDS[job.status](job);
}

export interface StepView {
  readonly name: string;
  readonly status: string;
  readonly step_type: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly timestamp: string | null;
  readonly message: string | null;
}

/** A job as `/api/upgrade/status/` shows it: the documented seven keys, then those of the original (spec section 1.4). */
export interface JobView {
  readonly id: number;
  readonly device_hostname: string;
  readonly status: JobStatusWord;
  readonly progress: number;
  readonly current_step: string;
  readonly image_filename: string;
  readonly steps: readonly StepView[];
  readonly error: string | null;
  readonly target_version: string;
  readonly target_image: string;
  readonly workflow_name: string | null;
  readonly execution_mode: string;
  readonly batch_id: string;
  readonly distribution_time: string | null;
  readonly activation_time: null;
  readonly activate_after_distribute: boolean;
  readonly cleanup_flash: boolean;
  readonly remarks: string;
  readonly created_at: string;
  readonly updated_at: string;
  readonly started_at: string | null;
  readonly finished_at: string | null;
  readonly device: number;
  readonly image: number;
  readonly workflow: number | null;
  readonly file_server: null;
  readonly file_server_name: null;
  readonly file_server_address: null;
  readonly file_path: string;
  readonly task_name: string;
  readonly created_by: number | null;
  readonly created_by_name: string;
  readonly selected_checks: readonly [];
  readonly selected_checks_details: readonly { readonly name: string; readonly command: string }[];
}

export function toJobView(job: UpgradeJob): JobView {
  const { input } = job;
  const status = statusWord(job);
  return {
    id: job.id,
    device_hostname: job.label,
    status,
    progress: job.progress,
    current_step: currentStep(job, status),
    image_filename: input.imageFilename,
    steps: job.steps.map(toStepView),
    error: status === 'failed' ? job.reason : null,
    target_version: input.imageVersion,
    target_image: input.imageFilename,
    workflow_name: input.workflowName,
    execution_mode: job.mode,
    batch_id: job.batchId,
    distribution_time: stamp(job.scheduledFor),
    activation_time: null,
    activate_after_distribute: input.activate,
    cleanup_flash: input.cleanupFlash,
    remarks: input.remarks,
    created_at: isoMicros(job.createdAt),
    updated_at: isoMicros(job.finishedAt ?? job.startedAt ?? job.createdAt),
    started_at: stamp(job.startedAt),
    finished_at: stamp(job.finishedAt),
    device: input.deviceId,
    image: input.imageId,
    workflow: input.workflowId,
    file_server: null,
    file_server_name: null,
    file_server_address: null,
    file_path: input.imageFilename,
    task_name: '',
    created_by: job.createdBy,
    created_by_name: job.createdByName,
    selected_checks: [],
    selected_checks_details: Object.entries(input.checks).map(([name, command]) => ({ name, command })),
  };
}

function toStepView(step: StepRecord): StepView {
  return {
    name: step.name,
    status: step.status,
    step_type: step.kind,
    config: step.config,
    timestamp: (step.finishedAt ?? step.startedAt)?.slice(11, 19) ?? null,
    message: step.message ?? null,
  };
}

/** The running step; the one a failed or stopped job ended at; the first one before the start (spec upgrade section 1.4). */
function currentStep(job: UpgradeJob, status: JobStatusWord): string {
  if (status === 'success') return 'Completed';
  const first = status === 'pending' || status === 'scheduled' || (status === 'cancelled' && job.startedAt === null);
  const step = first ? job.steps[0] : (stoppedAt(job, status) ?? job.steps[job.currentStep]);
  return step?.name ?? `${status.charAt(0).toUpperCase()}${status.slice(1)}`;
}

function stoppedAt(job: UpgradeJob, status: JobStatusWord): StepRecord | undefined {
  if (status !== 'failed' && status !== 'cancelled') return undefined;
  return job.steps.findLast((step) => step.status === 'failed');
}

function stamp(date: Date | null): string | null {
  return date === null ? null : isoMicros(date);
}

/** Django's form: microseconds and `Z`. */
function isoMicros(date: Date): string {
  return date.toISOString().replace('Z', '000Z');
}

/** `[YYYY-MM-DD HH:MM:SS] text`, a line each (spec upgrade section 3.6). */
export function toLogText(lines: readonly JobLogLine[]): string {
  return lines.map(({ at, text }) => `[${at.toISOString().slice(0, 19).replace('T', ' ')}] ${text}\n`).join('');
}

export interface CheckRunView {
  readonly check_name: string;
  readonly check_command: string;
  readonly phase: 'pre' | 'post';
  readonly status: 'success';
  readonly output: string;
  readonly device: number;
  readonly device_hostname: string;
  readonly job: number;
  readonly created_at: string;
}

/** What the checks printed before and after. A check that could not run has no run: it failed its step. */
export function toCheckRuns(job: UpgradeJob, artifacts: readonly StoredArtifact[]): CheckRunView[] {
  return artifacts
    .filter(({ kind }) => kind === 'pre' || kind === 'post')
    .map(({ kind, name, content, at }) => ({
      check_name: name,
      check_command: job.input.checks[name] ?? '',
      phase: kind as 'pre' | 'post',
      status: 'success' as const,
      output: content,
      device: job.input.deviceId,
      device_hostname: job.label,
      job: job.id,
      created_at: isoMicros(at),
    }));
}

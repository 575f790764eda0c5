import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import type { JobStatus } from './states.js';
import type { StepRecord } from './step.js';

/** The whole truth about one target's work. */
@Entity('jobs')
@Index('jobs_one_active_per_target', ['targetKind', 'targetId'], {
  unique: true,
  where: `status in ('running', 'waiting')`,
})
@Index('jobs_queued_by_target', ['targetKind', 'targetId'], { where: `status = 'queued'` })
@Index('jobs_pending', ['batchId', 'wave', 'position'], { where: `status = 'pending'` })
@Index('jobs_released', ['batchId', 'wave', 'status'], { where: `status in ('queued', 'running', 'waiting')` })
@Index('jobs_failed', ['batchId', 'wave', 'id'], { where: `status = 'failed'` })
@Index('jobs_failed_critical', ['batchId', 'wave', 'id'], { where: `status = 'failed' and critical` })
@Index('jobs_cancelled', ['batchId', 'wave', 'id'], { where: `status = 'cancelled'` })
@Index('jobs_by_retry', ['retriedFrom'], { where: 'retried_from is not null' })
@Index('jobs_unknown', ['batchId', 'wave', 'id'], { where: 'unknown' })
@Index('jobs_by_time', ['createdAt', 'id'])
@Index('jobs_by_status', ['status', 'createdAt', 'id'])
@Index('jobs_by_target_kind', ['targetKind', 'createdAt', 'id'])
@Index('jobs_by_batch', ['batchId', 'id'])
@Index('jobs_by_worker', ['workerId'], { where: `status = 'running'` })
@Index('jobs_by_wake', ['wakeAt', 'waitingFor'], { where: `status = 'waiting'` })
@Index('jobs_by_wait', ['waitingFor', 'id'], { where: `status in ('queued', 'waiting') and waiting_for is not null` })
@Index('jobs_by_target', ['targetKind', 'targetId', 'id'])
export class Job {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'jobs_pkey',
  })
  id: number;

  @Column({ name: 'batch_id', type: 'uuid' })
  batchId: string;

  @Column({ type: 'integer' })
  wave: number;

  /** Place in its batch, from 0. */
  @Column({ type: 'integer' })
  position: number;

  @Column({ type: 'text' })
  kind: string;

  @Column({ name: 'target_kind', type: 'text' })
  targetKind: string;

  @Column({ name: 'target_id', type: 'text' })
  targetId: string;

  /** The target's name when the job was made. */
  @Column({ type: 'text' })
  label: string;

  @Column({ type: 'text' })
  status: JobStatus;

  /** The running step's phase, a word of the domain's; empty before the start. */
  @Column({ type: 'text', default: '' })
  phase: string;

  /** Percent; never goes down. */
  @Column({ type: 'integer', default: 0 })
  progress: number;

  /** Index into `steps`. */
  @Column({ name: 'current_step', type: 'integer', default: 0 })
  currentStep: number;

  @Column({ type: 'jsonb' })
  steps: StepRecord[];

  /** What the domain needs to do the work, fixed when the job was planned. */
  @Column({ type: 'jsonb' })
  input: Record<string, unknown>;

  /** Its failure halts a batch that stops at failures. */
  @Column({ type: 'boolean', default: true })
  critical: boolean;

  /** Where its target is and what it is called when the job was made: for waves, limits and windows. */
  @Column({ type: 'text', nullable: true })
  site: string | null;

  @Column({ type: 'text', array: true, default: () => `'{}'` })
  tags: string[];

  /** It ended without anybody knowing what became of an act that cannot be taken back. */
  @Column({ type: 'boolean', default: false })
  unknown: boolean;

  /** The job that it tries again. */
  @Column({ name: 'retried_from', type: 'integer', nullable: true })
  retriedFrom: number | null;

  /** Who wants it stopped while it is in progress. */
  @Column({ name: 'abort_requested_by', type: 'text', nullable: true })
  abortRequestedBy: string | null;

  /** Counts claims; every write of a runner carries the one it got. */
  @Column({ type: 'integer', default: 0 })
  attempt: number;

  @Column({ name: 'worker_id', type: 'uuid', nullable: true })
  workerId: string | null;

  @Column({ name: 'wake_at', type: 'timestamptz', nullable: true })
  wakeAt: Date | null;

  /** What it waits for, where that is not a time: `limit:copy`, `target`. */
  @Column({ name: 'waiting_for', type: 'text', nullable: true })
  waitingFor: string | null;

  /** Why it ended, or why it waits, as a sentence. */
  @Column({ type: 'text', nullable: true })
  reason: string | null;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @Column({ name: 'started_at', type: 'timestamptz', nullable: true })
  startedAt: Date | null;

  @Column({ name: 'finished_at', type: 'timestamptz', nullable: true })
  finishedAt: Date | null;
}

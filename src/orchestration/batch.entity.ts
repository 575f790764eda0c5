import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { ApprovalNeed, BatchCalendar, HaltedBy } from './batch-steering.js';
import type { BatchMode, FailurePolicy } from './plan.js';
import type { BatchStatus } from './states.js';

/** What one request asked for. */
@Entity('batches')
@Index('batches_unfinished', ['scheduledFor'], { where: `status in ('scheduled', 'running')` })
@Index('batches_by_time', ['createdAt', 'id'])
@Index('batches_by_status', ['status', 'createdAt', 'id'])
@Index('batches_by_dialect', ['dialect', 'createdAt', 'id'])
@Index('batches_by_creator', ['createdByName', 'createdAt', 'id'])
@Index('batches_by_retry', ['retryOf'], { where: 'retry_of is not null' })
@Index('batches_by_roll_back', ['rollBackOf'], { where: 'roll_back_of is not null' })
export class Batch {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'batches_pkey' })
  id: string;

  /** Names the domain that runs it: `upgrade`, … */
  @Column({ type: 'text' })
  kind: string;

  @Column({ type: 'text' })
  mode: BatchMode;

  @Column({ type: 'text' })
  status: BatchStatus;

  @Column({ name: 'on_failure', type: 'text' })
  onFailure: FailurePolicy;

  @Column({ name: 'max_parallel', type: 'integer', nullable: true })
  maxParallel: number | null;

  @Column({ name: 'scheduled_for', type: 'timestamptz', nullable: true })
  scheduledFor: Date | null;

  /** Why it ended as it did, where that is not plain from its jobs. */
  @Column({ type: 'text', nullable: true })
  reason: string | null;

  /** Why its end could not be recorded so far; it is tried again. */
  @Column({ name: 'ending_problem', type: 'text', nullable: true })
  endingProblem: string | null;

  /** What was asked, in the domain's words; for people and for later dialects. */
  @Column({ type: 'jsonb' })
  request: Record<string, unknown>;

  @Column({ name: 'jobs_total', type: 'integer' })
  jobsTotal: number;

  @Column({ name: 'created_by', type: 'integer', nullable: true })
  createdBy: number | null;

  @Column({ name: 'created_by_name', type: 'text' })
  createdByName: string;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @Column({ name: 'started_at', type: 'timestamptz', nullable: true })
  startedAt: Date | null;

  @Column({ name: 'finished_at', type: 'timestamptz', nullable: true })
  finishedAt: Date | null;

  /** When it was planned last; the scheduler looks again at a running batch that was not for a while. */
  @Column({ name: 'planned_at', type: 'timestamptz', nullable: true })
  plannedAt: Date | null;

  /** What people call it. */
  @Column({ type: 'text', nullable: true })
  name: string | null;

  /** Whose targets it works on: `upgrade`, `fuel`, `nodepool`, … */
  @Column({ type: 'text', default: '' })
  dialect: string;

  /** Raised by every act that steers it (pause, approve, …): who steers can say which state of it was seen. */
  @Column({ type: 'integer', default: 1 })
  version: number;

  /** While it is set nothing is opened or released; what runs goes on. */
  @Column({ name: 'paused_at', type: 'timestamptz', nullable: true })
  pausedAt: Date | null;

  @Column({ name: 'paused_by', type: 'text', nullable: true })
  pausedBy: string | null;

  @Column({ name: 'paused_reason', type: 'text', nullable: true })
  pausedReason: string | null;

  @Column({ name: 'resumed_at', type: 'timestamptz', nullable: true })
  resumedAt: Date | null;

  /** Who stopped the whole of it. */
  @Column({ name: 'aborted_by', type: 'text', nullable: true })
  abortedBy: string | null;

  /** What approvals it needs before anything of it starts; null: none. */
  @Column({ type: 'jsonb', nullable: true })
  approval: ApprovalNeed | null;

  /** When it had all it needs; taken back (null) when something it was approved with changes before it starts. */
  @Column({ name: 'approved_at', type: 'timestamptz', nullable: true })
  approvedAt: Date | null;

  /** Nothing of it starts after this. */
  @Column({ type: 'timestamptz', nullable: true })
  deadline: Date | null;

  /** The windows and blackouts that hold for it. */
  @Column({ type: 'jsonb', nullable: true })
  calendar: BatchCalendar | null;

  /** What ended it before all its jobs had been started; `reason` says why. */
  @Column({ name: 'halted_by', type: 'text', nullable: true })
  haltedBy: HaltedBy | null;

  @Column({ name: 'halted_wave', type: 'integer', nullable: true })
  haltedWave: number | null;

  /** The batch whose failed targets it tries again. */
  @Column({ name: 'retry_of', type: 'uuid', nullable: true })
  retryOf: string | null;

  /** The batch whose work it undoes. */
  @Column({ name: 'roll_back_of', type: 'uuid', nullable: true })
  rollBackOf: string | null;
}

import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { BatchMode, FailurePolicy } from './plan.js';
import type { BatchStatus } from './states.js';

/** What one request asked for. */
@Entity('batches')
@Index('batches_unfinished', ['scheduledFor'], { where: `status in ('scheduled', 'running')` })
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
}

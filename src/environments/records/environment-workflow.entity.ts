import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import type { EnvironmentStatus } from './environment.entity.js';
import { Environment } from './environment.entity.js';

export type WorkflowStatus = 'Requested' | 'Running' | 'Successful' | 'Warning' | 'Failed' | 'Canceled';
export type WorkflowInterruption = 'failure' | 'cancel' | 'timeout';

/** One run of a workflow on an environment. */
@Entity('environment_workflows')
@Index('environment_workflows_by_environment', ['environmentId', 'id'])
@Index('environment_workflows_by_batch', ['batchId'], { where: 'batch_id is not null' })
@Index('environment_workflows_one_unfinished', ['environmentId'], {
  unique: true,
  where: `status in ('Requested', 'Running')`,
})
export class EnvironmentWorkflow {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'environment_workflows_pkey',
  })
  id: number;

  @Column({ name: 'environment_id', type: 'integer' })
  environmentId: number;

  @ManyToOne(() => Environment, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'environment_id', foreignKeyConstraintName: 'environment_workflows_environment_id_fkey' })
  environment?: Environment;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'text' })
  status: WorkflowStatus;

  @Column({ name: 'read_only', type: 'boolean', default: false })
  readOnly: boolean;

  /** What the environment was before a read-only workflow, and will be again after it. */
  @Column({ name: 'restore_status', type: 'text', nullable: true })
  restoreStatus: EnvironmentStatus | null;

  @Column({ name: 'started_by', type: 'text' })
  startedBy: string;

  /** Values of their types; those of secrets are encrypted. */
  @Column({ type: 'jsonb', default: {} })
  variables: Record<string, unknown>;

  /** As people see them: labels, and secrets masked. */
  @Column({ name: 'display_variables', type: 'jsonb', default: {} })
  displayVariables: Record<string, string>;

  @Column({ name: 'steps_total', type: 'integer', default: 0 })
  stepsTotal: number;

  @Column({ name: 'steps_finished', type: 'integer', default: 0 })
  stepsFinished: number;

  /** Why no more of its steps are to start: it shows before the last of them has ended. */
  @Column({ type: 'text', nullable: true })
  interruption: WorkflowInterruption | null;

  @Column({ name: 'deadline_at', type: 'timestamptz', nullable: true })
  deadlineAt: Date | null;

  @Column({ name: 'failed_step', type: 'text', nullable: true })
  failedStep: string | null;

  @Column({ name: 'batch_id', type: 'uuid', nullable: true })
  batchId: string | null;

  @Column({ name: 'requested_at', type: 'timestamptz', default: () => 'now()' })
  requestedAt: Date;

  @Column({ name: 'started_at', type: 'timestamptz', nullable: true })
  startedAt: Date | null;

  @Column({ name: 'finished_at', type: 'timestamptz', nullable: true })
  finishedAt: Date | null;
}

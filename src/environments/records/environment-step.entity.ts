import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn, Unique } from 'typeorm';
import { EnvironmentWorkflow } from './environment-workflow.entity.js';

export type EnvironmentStepStatus = 'Requested' | 'Running' | 'Successful' | 'Failed' | 'Canceled';

/** A step of a workflow. One that was never reached stays `Requested`. */
@Entity('environment_steps')
@Unique('environment_steps_workflow_id_ordinal_key', ['workflowId', 'ordinal'])
@Index('environment_steps_by_job', ['jobId'], { where: 'job_id is not null' })
export class EnvironmentStep {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'environment_steps_pkey',
  })
  id: number;

  @Column({ name: 'workflow_id', type: 'integer' })
  workflowId: number;

  @ManyToOne(() => EnvironmentWorkflow, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'workflow_id', foreignKeyConstraintName: 'environment_steps_workflow_id_fkey' })
  workflow?: EnvironmentWorkflow;

  @Column({ type: 'integer' })
  ordinal: number;

  /** False for the steps of a rescue. */
  @Column({ type: 'boolean', default: true })
  regular: boolean;

  @Column({ type: 'text' })
  phase: string;

  /** The phases before it. */
  @Column({ type: 'jsonb', default: [] })
  after: string[];

  @Column({ type: 'text', nullable: true })
  title: string | null;

  @Column({ type: 'jsonb' })
  definition: Record<string, unknown>;

  @Column({ type: 'text' })
  status: EnvironmentStepStatus;

  @Column({ type: 'text', default: '' })
  details: string;

  @Column({ name: 'ignore_fail', type: 'boolean', default: false })
  ignoreFail: boolean;

  @Column({ type: 'text', nullable: true })
  error: string | null;

  @Column({ name: 'job_id', type: 'integer', nullable: true })
  jobId: number | null;

  @Column({ name: 'started_at', type: 'timestamptz', nullable: true })
  startedAt: Date | null;

  @Column({ name: 'finished_at', type: 'timestamptz', nullable: true })
  finishedAt: Date | null;
}

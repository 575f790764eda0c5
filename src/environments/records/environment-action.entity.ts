import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { EnvironmentStep } from './environment-step.entity.js';

export type EnvironmentActionStatus = 'Running' | 'Successful' | 'Failed' | 'Canceled' | 'Interrupted';

/** One command, call or wait inside a step. */
@Entity('environment_actions')
@Index('environment_actions_by_step', ['stepId', 'startedAt'])
export class EnvironmentAction {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'environment_actions_pkey' })
  uuid: string;

  @Column({ name: 'step_id', type: 'integer' })
  stepId: number;

  @ManyToOne(() => EnvironmentStep, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'step_id', foreignKeyConstraintName: 'environment_actions_step_id_fkey' })
  step?: EnvironmentStep;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'text', nullable: true })
  description: string | null;

  @Column({ type: 'text' })
  status: EnvironmentActionStatus;

  @Column({ name: 'started_at', type: 'timestamptz', default: () => 'now()' })
  startedAt: Date;

  @Column({ name: 'finished_at', type: 'timestamptz', nullable: true })
  finishedAt: Date | null;
}

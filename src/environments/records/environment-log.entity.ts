import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import { EnvironmentStep } from './environment-step.entity.js';

/** A line of what a step or one of its actions said. */
@Entity('environment_logs')
@Index('environment_logs_by_step', ['stepId', 'id'])
@Index('environment_logs_action_uuid_position_key', ['actionUuid', 'position'], {
  unique: true,
  where: 'action_uuid is not null',
})
export class EnvironmentLog {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'environment_logs_pkey',
  })
  id: string;

  @Column({ name: 'step_id', type: 'integer' })
  stepId: number;

  @ManyToOne(() => EnvironmentStep, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'step_id', foreignKeyConstraintName: 'environment_logs_step_id_fkey' })
  step?: EnvironmentStep;

  @Column({ name: 'action_uuid', type: 'uuid', nullable: true })
  actionUuid: string | null;

  /** Its place among its action's lines: a step that is taken up again says none of them twice. */
  @Column({ type: 'integer', nullable: true })
  position: number | null;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  at: Date;

  @Column({ type: 'text' })
  text: string;
}

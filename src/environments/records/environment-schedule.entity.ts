import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import { Environment } from './environment.entity.js';

/** A workflow that is to run later, or one that could not be started when its time had come. */
@Entity('environment_schedules')
@Index('environment_schedules_waiting_key', ['environmentId', 'workflow'], { unique: true, where: 'failure is null' })
@Index('environment_schedules_by_time', ['fireAt'], { where: 'failure is null' })
export class EnvironmentSchedule {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'environment_schedules_pkey',
  })
  id: number;

  @Column({ name: 'environment_id', type: 'integer' })
  environmentId: number;

  @ManyToOne(() => Environment, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'environment_id', foreignKeyConstraintName: 'environment_schedules_environment_id_fkey' })
  environment?: Environment;

  @Column({ type: 'text' })
  workflow: string;

  @Column({ name: 'fire_at', type: 'timestamptz' })
  fireAt: Date;

  @Column({ type: 'text', nullable: true })
  recurrence: string | null;

  @Column({ type: 'jsonb', default: {} })
  variables: Record<string, unknown>;

  @Column({ name: 'requested_by', type: 'text' })
  requestedBy: string;

  @Column({ type: 'text', nullable: true })
  failure: string | null;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;
}

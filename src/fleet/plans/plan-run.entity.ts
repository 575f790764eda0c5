import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { Plan } from './plan.entity.js';

/** A batch that was started from a plan, and by what. */
@Entity('plan_runs')
@Index('plan_runs_by_plan', ['planId', 'createdAt', 'batchId'])
@Index('plan_runs_by_token', ['tokenId', 'batchId'], { where: 'token_id is not null' })
export class PlanRun {
  @PrimaryColumn({ name: 'batch_id', type: 'uuid', primaryKeyConstraintName: 'plan_runs_pkey' })
  batchId: string;

  /** Null: the plan was deleted since. */
  @Column({ name: 'plan_id', type: 'integer', nullable: true })
  planId: number | null;

  @ManyToOne(() => Plan, { onDelete: 'SET NULL' })
  @JoinColumn({ name: 'plan_id', foreignKeyConstraintName: 'plan_runs_plan_id_fkey' })
  plan?: Plan;

  @Column({ name: 'plan_name', type: 'text' })
  planName: string;

  /** The plan as it was. */
  @Column({ name: 'plan_version', type: 'integer' })
  planVersion: number;

  /** No foreign key: the run outlives the token that started it. */
  @Column({ name: 'token_id', type: 'integer', nullable: true })
  tokenId: number | null;

  @Column({ name: 'schedule_id', type: 'integer', nullable: true })
  scheduleId: number | null;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;
}

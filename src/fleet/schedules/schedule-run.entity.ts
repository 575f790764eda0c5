import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn, Unique } from 'typeorm';
import { Schedule } from './schedule.entity.js';

/** `started`: there is a batch. `missed`: its time passed and the policy is not to catch up. `refused`: it could not start. */
export type ScheduleRunOutcome = 'started' | 'missed' | 'refused';

/** What became of one time of a schedule. One row a time, whatever number of processes saw it: the row is the lock. */
@Entity('schedule_runs')
@Unique('schedule_runs_once', ['scheduleId', 'dueAt'])
@Check('schedule_runs_outcome_check', `outcome in ('started', 'missed', 'refused')`)
@Index('schedule_runs_by_schedule', ['scheduleId', 'id'])
@Index('schedule_runs_past', ['at'])
export class ScheduleRun {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'schedule_runs_pkey',
  })
  id: number;

  @Column({ name: 'schedule_id', type: 'integer' })
  scheduleId: number;

  @ManyToOne(() => Schedule, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'schedule_id', foreignKeyConstraintName: 'schedule_runs_schedule_id_fkey' })
  schedule?: Schedule;

  @Column({ name: 'due_at', type: 'timestamptz' })
  dueAt: Date;

  @Column({ type: 'text' })
  outcome: ScheduleRunOutcome;

  @Column({ name: 'batch_id', type: 'uuid', nullable: true })
  batchId: string | null;

  @Column({ type: 'text', nullable: true })
  reason: string | null;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  at: Date;
}

import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn, Unique } from 'typeorm';
import { Plan } from '../plans/plan.entity.js';

/** What happens to times that passed while no process was there: nothing, one run for all of them, a run for each. */
export type MissedPolicy = 'skip' | 'once' | 'all';

/** Starts a plan again and again. */
@Entity('schedules')
@Unique('schedules_name_key', ['name'])
@Check('schedules_missed_check', `missed in ('skip', 'once', 'all')`)
@Index('schedules_due', ['nextAt'], { where: 'enabled and next_at is not null' })
@Index('schedules_by_plan', ['planId'])
export class Schedule {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'schedules_pkey',
  })
  id: number;

  @Column({ type: 'text' })
  name: string;

  @Column({ name: 'plan_id', type: 'integer' })
  planId: number;

  @ManyToOne(() => Plan)
  @JoinColumn({ name: 'plan_id', foreignKeyConstraintName: 'schedules_plan_id_fkey' })
  plan?: Plan;

  @Column({ type: 'text' })
  zone: string;

  /** The first run by the wall clock of the zone. */
  @Column({ name: 'starts_local', type: 'text' })
  startsLocal: string;

  /** RFC 5545 RRULE without its name; null: once. */
  @Column({ type: 'text', nullable: true })
  recurrence: string | null;

  @Column({ type: 'text' })
  missed: MissedPolicy;

  /** Minutes from its time within which a run has to be over; null: no deadline. */
  @Column({ name: 'deadline_min', type: 'integer', nullable: true })
  deadlineMin: number | null;

  @Column({ type: 'boolean', default: true })
  enabled: boolean;

  /** Null: it has no time left. */
  @Column({ name: 'next_at', type: 'timestamptz', nullable: true })
  nextAt: Date | null;

  /** Under whose rights it runs: who made it or changed it last. */
  @Column({ name: 'owner_id', type: 'integer', nullable: true })
  ownerId: number | null;

  @Column({ name: 'owner_name', type: 'text' })
  ownerName: string;

  /** Raised by every change people make; the ETag. */
  @Column({ type: 'integer', default: 1 })
  version: number;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt: Date;
}

import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/**
 * One place in a cross-process limit: a limit of 40 copies is 40 rows, taken with SKIP LOCKED, so that takers never
 * wait for one another. A place belongs to a job, not to a process: it survives the worker that took it.
 */
@Entity('limit_slots')
@Index('limit_slots_by_job', ['jobId'], { where: 'job_id is not null' })
export class LimitSlot {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'limit_slots_pkey' })
  name: string;

  @PrimaryColumn({ type: 'integer', primaryKeyConstraintName: 'limit_slots_pkey' })
  slot: number;

  @Column({ name: 'job_id', type: 'integer', nullable: true })
  jobId: number | null;
}

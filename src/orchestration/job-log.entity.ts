import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

export type LogLevel = 'info' | 'warning' | 'error';

/** One line of a job's log. Only ever appended. */
@Entity('job_logs')
@Index('job_logs_by_job', ['jobId', 'id'])
@Index('job_logs_by_time', ['at'])
export class JobLog {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'job_logs_pkey',
  })
  id: string;

  @Column({ name: 'job_id', type: 'integer' })
  jobId: number;

  /** Index of the step, null for the job as a whole. */
  @Column({ type: 'integer', nullable: true })
  step: number | null;

  @Column({ type: 'text' })
  level: LogLevel;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  at: Date;

  @Column({ type: 'text' })
  text: string;
}

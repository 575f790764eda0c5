import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/** Something a step kept for people to read: a snapshot before or after, a diff, a report. Replaced when made again. */
@Entity('job_artifacts')
@Index('job_artifacts_by_name', ['jobId', 'kind', 'name'], { unique: true })
@Index('job_artifacts_by_time', ['at'])
export class JobArtifact {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'job_artifacts_pkey',
  })
  id: string;

  @Column({ name: 'job_id', type: 'integer' })
  jobId: number;

  /** A word of the domain's: `pre`, `post`, `diff`, `report`. */
  @Column({ type: 'text' })
  kind: string;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'text' })
  content: string;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  at: Date;
}

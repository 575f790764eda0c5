import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

export type DibBuildStatus = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';

/**
 * What is remembered of a build. Its DibImage goes when the build fails or is deleted, as upstream's does; why it failed
 * must stay readable (spec nodepool sections 1.6 and 6).
 */
@Entity('dib_builds')
@Index('dib_builds_image', ['imageName', 'dibImageId'])
export class DibBuild {
  /** The DibImage's id. That row may be gone, and its id is never reused. */
  @PrimaryColumn({ name: 'dib_image_id', type: 'integer', primaryKeyConstraintName: 'dib_builds_pkey' })
  dibImageId: number;

  @Column({ name: 'image_name', type: 'text' })
  imageName: string;

  @Column({ type: 'text' })
  status: DibBuildStatus;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @Column({ name: 'started_at', type: 'timestamptz', nullable: true })
  startedAt: Date | null;

  @Column({ name: 'finished_at', type: 'timestamptz', nullable: true })
  finishedAt: Date | null;

  @Column({ name: 'exit_code', type: 'integer', nullable: true })
  exitCode: number | null;

  @Column({ type: 'text', nullable: true })
  error: string | null;

  /** The whole log, on the machine that built. */
  @Column({ name: 'log_path', type: 'text', nullable: true })
  logPath: string | null;

  /** Its end, for a process on another machine, and for when the file was cleaned away. */
  @Column({ name: 'log_tail', type: 'text', nullable: true })
  logTail: string | null;

  /** The secrets among its `env-vars`, encrypted, to blank them in its log when the config has forgotten them. */
  @Column({ type: 'text', nullable: true })
  secrets: string | null;
}

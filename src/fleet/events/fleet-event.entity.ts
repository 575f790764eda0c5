import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/**
 * One state change, in the order all consumers see. `seq` is given after the change was committed, so whoever has read up
 * to one has missed none before it; numbers may be left out.
 */
@Entity('events')
@Index('events_by_batch', ['batchId', 'seq'])
export class FleetEvent {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'events_pkey',
  })
  seq: string;

  /** When it happened, by the database's clock. */
  @Column({ type: 'timestamptz' })
  at: Date;

  /** `batch.running`, `wave.open`, `job.step`, … */
  @Column({ type: 'text' })
  type: string;

  @Column({ type: 'text' })
  dialect: string;

  @Column({ name: 'batch_id', type: 'uuid' })
  batchId: string;

  @Column({ type: 'integer', nullable: true })
  wave: number | null;

  @Column({ name: 'job_id', type: 'integer', nullable: true })
  jobId: number | null;

  @Column({ name: 'target_kind', type: 'text', nullable: true })
  targetKind: string | null;

  @Column({ name: 'target_id', type: 'text', nullable: true })
  targetId: string | null;

  @Column({ type: 'jsonb' })
  data: Record<string, unknown>;
}

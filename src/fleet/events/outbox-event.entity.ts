import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/**
 * A state change as its own transaction wrote it, by a trigger of the changed table: no code path can forget it. Moved to
 * `events` by the sequencer, so it is short and readers never look here.
 */
@Entity('event_outbox')
export class OutboxEvent {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'event_outbox_pkey',
  })
  id: string;

  @Column({ type: 'timestamptz', default: () => 'clock_timestamp()' })
  at: Date;

  @Column({ type: 'text' })
  type: string;

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

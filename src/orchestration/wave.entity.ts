import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { WaveStatus } from './states.js';

/** The part of a batch that may run at the same time. It opens when the wave before it is done. */
@Entity('waves')
export class Wave {
  @PrimaryColumn({ name: 'batch_id', type: 'uuid', primaryKeyConstraintName: 'waves_pkey' })
  batchId: string;

  /** From 0. */
  @PrimaryColumn({ type: 'integer', primaryKeyConstraintName: 'waves_pkey' })
  ordinal: number;

  @Column({ type: 'text' })
  status: WaveStatus;

  @Column({ name: 'opened_at', type: 'timestamptz', nullable: true })
  openedAt: Date | null;

  @Column({ name: 'finished_at', type: 'timestamptz', nullable: true })
  finishedAt: Date | null;
}

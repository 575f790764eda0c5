import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import type { PoolState } from './states.js';
import { WHOLE_NUMBER } from './whole-number.js';

/** A disk image built on our disk: the dialect's DibImage (spec nodepool section 1.4). */
@Entity('dib_images')
@Index('dib_images_image', ['imageName', 'state'])
export class DibImage {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'dib_images_pkey',
  })
  id: number;

  @Column({ name: 'image_name', type: 'text' })
  imageName: string;

  /** Absolute, without an extension: the files are `<filename>.<format>`. Deletion goes by it, not by the config. */
  @Column({ type: 'text' })
  filename: string;

  /** Seconds since the epoch when the build started; null while it is queued. */
  @Column({ type: 'bigint', nullable: true, transformer: WHOLE_NUMBER })
  version: number | null;

  @Column({ type: 'integer' })
  state: PoolState;

  @Column({ name: 'state_time', type: 'timestamptz', default: () => 'now()' })
  stateTime: Date;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  /** `qcow2`, `raw`, …: what was asked of the build. */
  @Column({ type: 'jsonb', default: () => `'[]'` })
  formats: string[];

  @Column({ name: 'last_error', type: 'text', nullable: true })
  lastError: string | null;

  @Column({ type: 'integer', default: 0 })
  tries: number;

  @Column({ name: 'next_try_at', type: 'timestamptz', nullable: true })
  nextTryAt: Date | null;
}

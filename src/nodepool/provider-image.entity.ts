import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import type { PoolState } from './states.js';
import { WHOLE_NUMBER } from './whole-number.js';

/** An image in a provider, a snapshot or an uploaded disk image: the dialect's SnapshotImage (spec nodepool section 1.4). */
@Entity('provider_images')
@Index('provider_images_provider_image', ['providerName', 'imageName', 'state'])
export class ProviderImage {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'provider_images_pkey',
  })
  id: number;

  @Column({ name: 'provider_name', type: 'text' })
  providerName: string;

  /** The provider image's name in the config. */
  @Column({ name: 'image_name', type: 'text' })
  imageName: string;

  /** Its name at the provider. */
  @Column({ type: 'text', nullable: true })
  hostname: string | null;

  /** Seconds since the epoch when the work started; null before. */
  @Column({ type: 'bigint', nullable: true, transformer: WHOLE_NUMBER })
  version: number | null;

  @Column({ name: 'external_id', type: 'text', nullable: true })
  externalId: string | null;

  /** The server a snapshot was made of. */
  @Column({ name: 'server_external_id', type: 'text', nullable: true })
  serverExternalId: string | null;

  @Column({ type: 'integer' })
  state: PoolState;

  @Column({ name: 'state_time', type: 'timestamptz', default: () => 'now()' })
  stateTime: Date;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  /** The build it was uploaded from; null for a snapshot. That row may be gone. */
  @Column({ name: 'dib_image_id', type: 'integer', nullable: true })
  dibImageId: number | null;

  @Column({ name: 'last_error', type: 'text', nullable: true })
  lastError: string | null;

  @Column({ type: 'integer', default: 0 })
  tries: number;

  @Column({ name: 'next_try_at', type: 'timestamptz', nullable: true })
  nextTryAt: Date | null;
}

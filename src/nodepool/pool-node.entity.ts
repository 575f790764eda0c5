import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import type { PoolState } from './states.js';

/**
 * A node of the pool (spec nodepool section 1.4). The row is written before any call to a provider and goes only when the
 * provider has confirmed that the server is gone; ids are never reused.
 */
@Entity('pool_nodes')
@Index('pool_nodes_provider_state', ['providerName', 'state'])
@Index('pool_nodes_static_host_key', ['providerName', 'staticHost'], {
  unique: true,
  where: 'static_host is not null',
})
export class PoolNode {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'pool_nodes_pkey',
  })
  id: number;

  @Column({ name: 'provider_name', type: 'text' })
  providerName: string;

  @Column({ name: 'label_name', type: 'text' })
  labelName: string;

  @Column({ name: 'target_name', type: 'text' })
  targetName: string;

  @Column({ type: 'text', nullable: true })
  hostname: string | null;

  /** The host name up to its first dot. */
  @Column({ type: 'text', nullable: true })
  nodename: string | null;

  /** Kept until the provider says that the server is gone (spec section 2.6). */
  @Column({ name: 'external_id', type: 'text', nullable: true })
  externalId: string | null;

  @Column({ type: 'text', nullable: true })
  az: string | null;

  @Column({ type: 'text', nullable: true })
  ip: string | null;

  @Column({ name: 'ip_private', type: 'text', nullable: true })
  ipPrivate: string | null;

  @Column({ name: 'connection_port', type: 'integer', nullable: true })
  connectionPort: number | null;

  @Column({ type: 'integer' })
  state: PoolState;

  @Column({ name: 'state_time', type: 'timestamptz', default: () => 'now()' })
  stateTime: Date;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  /** When its launch was done; null while it is not, also for a node that was held meanwhile. */
  @Column({ name: 'launched_at', type: 'timestamptz', nullable: true })
  launchedAt: Date | null;

  /** Why it is held. */
  @Column({ type: 'text', nullable: true })
  comment: string | null;

  @Column({ name: 'hold_expires_at', type: 'timestamptz', nullable: true })
  holdExpiresAt: Date | null;

  @Column({ name: 'hold_by', type: 'text', nullable: true })
  holdBy: string | null;

  /** The provider image it was launched from; that row may be gone. */
  @Column({ name: 'image_id', type: 'integer', nullable: true })
  imageId: number | null;

  /** `static`: the host's name in `nodes:`. */
  @Column({ name: 'static_host', type: 'text', nullable: true })
  staticHost: string | null;

  @Column({ name: 'last_error', type: 'text', nullable: true })
  lastError: string | null;

  @Column({ type: 'integer', default: 0 })
  tries: number;

  @Column({ name: 'next_try_at', type: 'timestamptz', nullable: true })
  nextTryAt: Date | null;
}

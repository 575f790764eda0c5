import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import { Environment } from './environment.entity.js';

export type LeaseStatus = 'Ready' | 'Released';

/** A server an environment has borrowed from the pool, or had. */
@Entity('leased_servers')
@Index('leased_servers_by_environment', ['environmentId', 'id'])
export class LeasedServer {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'leased_servers_pkey',
  })
  id: number;

  @Column({ name: 'environment_id', type: 'integer' })
  environmentId: number;

  @ManyToOne(() => Environment, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'environment_id', foreignKeyConstraintName: 'leased_servers_environment_id_fkey' })
  environment?: Environment;

  @Column({ type: 'text' })
  role: string;

  @Column({ name: 'host_number', type: 'integer' })
  hostNumber: number;

  @Column({ name: 'instance_id', type: 'text' })
  instanceId: string;

  @Column({ type: 'text', nullable: true })
  address: string | null;

  @Column({ type: 'text' })
  status: LeaseStatus;

  /** What the pool knows it by. */
  @Column({ type: 'jsonb', default: {} })
  lease: Record<string, unknown>;

  @Column({ name: 'leased_at', type: 'timestamptz', default: () => 'now()' })
  leasedAt: Date;

  @Column({ name: 'released_at', type: 'timestamptz', nullable: true })
  releasedAt: Date | null;
}

import { Column, Entity, ForeignKey, Index, PrimaryGeneratedColumn, Unique } from 'typeorm';
import { Release } from '../releases/release.entity.js';

export const CLUSTER_STATUSES = [
  'new',
  'deployment',
  'stopped',
  'operational',
  'error',
  'remove',
  'update',
  'update_error',
] as const;
export type ClusterStatus = (typeof CLUSTER_STATUSES)[number];
export const CLUSTER_MODES = ['multinode', 'ha_full', 'ha_compact'] as const;
export type ClusterMode = (typeof CLUSTER_MODES)[number];
export const CLUSTER_GROUPINGS = ['roles', 'hardware', 'both'] as const;
export type ClusterGrouping = (typeof CLUSTER_GROUPINGS)[number];
export const NET_PROVIDERS = ['nova_network', 'neutron'] as const;
export type NetProvider = (typeof NET_PROVIDERS)[number];

export interface ClusterChange {
  readonly name: string;
  readonly node_id: number | null;
}

/** An environment (spec fuel section 2.1). */
@Entity('clusters')
@Unique('clusters_name_key', ['name'])
@Index('clusters_release_id', ['releaseId'])
@Index('clusters_pending_release_id', ['pendingReleaseId'], { where: 'pending_release_id is not null' })
export class Cluster {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'clusters_pkey',
  })
  id: number;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'text', default: 'ha_compact' })
  mode: ClusterMode;

  @Column({ type: 'text', default: 'new' })
  status: ClusterStatus;

  @Column({ type: 'jsonb', default: [] })
  changes: ClusterChange[];

  @Column({ type: 'text', default: 'roles' })
  grouping: ClusterGrouping;

  @Column({ name: 'is_customized', type: 'boolean', default: false })
  isCustomized: boolean;

  @Column({ name: 'net_provider', type: 'text', default: 'nova_network' })
  netProvider: NetProvider;

  @Column({ name: 'net_segment_type', type: 'text', nullable: true })
  netSegmentType: string | null;

  @Column({ name: 'fuel_version', type: 'text' })
  fuelVersion: string;

  @Column({ name: 'release_id', type: 'integer' })
  @ForeignKey(() => Release, { name: 'clusters_release_id_fkey' })
  releaseId: number;

  @Column({ name: 'pending_release_id', type: 'integer', nullable: true })
  @ForeignKey(() => Release, { name: 'clusters_pending_release_id_fkey' })
  pendingReleaseId: number | null;

  /** When the pending release was set last: nodes deployed since then have it. */
  @Column({ name: 'pending_set_at', type: 'timestamptz', nullable: true })
  pendingSetAt: Date | null;

  @Column({ type: 'jsonb', default: {} })
  attributes: Record<string, unknown>;

  /** Nodes are called `node-{id}.{domain}`. */
  @Column({ type: 'text', default: 'domain.tld' })
  domain: string;
}

import { Column, Entity, ForeignKey, Index, PrimaryGeneratedColumn, Unique } from 'typeorm';
import type { HostKeyPolicy } from '../drivers/device-driver.js';
import { Release } from '../releases/release.entity.js';

export const NODE_STATUSES = [
  'ready',
  'discover',
  'provisioning',
  'provisioned',
  'deploying',
  'error',
  'removing',
] as const;
export type NodeStatus = (typeof NODE_STATUSES)[number];
export const NODE_ERROR_TYPES = ['deploy', 'provision', 'deletion'] as const;
export type NodeErrorType = (typeof NODE_ERROR_TYPES)[number];
export const NODE_DRIVERS = ['ssh', 'simulated'] as const;
export type NodeDriverName = (typeof NODE_DRIVERS)[number];

/** How a simulated node behaves; the driver says what it understands. */
export type NodeSimulation = Readonly<Record<string, unknown>>;

/** A machine (spec fuel section 2.3), and how Slipway reaches it. Everything secret in it is encrypted. */
@Entity('nodes')
@Unique('nodes_mac_key', ['mac'])
@Index('nodes_cluster_id', ['clusterId'])
@Index('nodes_deployed_release_id', ['deployedReleaseId'], { where: 'deployed_release_id is not null' })
@Index('nodes_online_by_report', ['reportedAt'], { where: 'online and reported_at is not null' })
export class Node {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'nodes_pkey',
  })
  id: number;

  @Column({ type: 'text', nullable: true })
  uuid: string | null;

  @Column({ type: 'text' })
  name: string;

  /** Lower case, with colons. */
  @Column({ type: 'text' })
  mac: string;

  @Column({ type: 'text', nullable: true })
  ip: string | null;

  @Column({ type: 'text', nullable: true })
  fqdn: string | null;

  /** Null: `node-{id}`. */
  @Column({ type: 'text', nullable: true })
  hostname: string | null;

  @Column({ type: 'text', nullable: true })
  manufacturer: string | null;

  @Column({ name: 'platform_name', type: 'text', nullable: true })
  platformName: string | null;

  @Column({ name: 'os_platform', type: 'text', nullable: true })
  osPlatform: string | null;

  @Column({ name: 'kernel_params', type: 'text', nullable: true })
  kernelParams: string | null;

  /** Interfaces, disks, memory, processors, as the agent reports them. */
  @Column({ type: 'jsonb', default: {} })
  meta: Record<string, unknown>;

  @Column({ type: 'text', default: 'discover' })
  status: NodeStatus;

  /** Percent while nothing runs; a running job's own progress is shown instead. */
  @Column({ type: 'integer', default: 0 })
  progress: number;

  @Column({ type: 'jsonb', default: [] })
  roles: string[];

  @Column({ name: 'pending_roles', type: 'jsonb', default: [] })
  pendingRoles: string[];

  @Column({ name: 'pending_addition', type: 'boolean', default: false })
  pendingAddition: boolean;

  @Column({ name: 'pending_deletion', type: 'boolean', default: false })
  pendingDeletion: boolean;

  @Column({ name: 'error_type', type: 'text', nullable: true })
  errorType: NodeErrorType | null;

  @Column({ name: 'error_msg', type: 'text', nullable: true })
  errorMsg: string | null;

  @Column({ type: 'boolean', default: true })
  online: boolean;

  /** The last agent report; null while no agent is expected to report (nodes that operators look after). */
  @Column({ name: 'reported_at', type: 'timestamptz', nullable: true })
  reportedAt: Date | null;

  @Column({ name: 'agent_checksum', type: 'text', nullable: true })
  agentChecksum: string | null;

  /** By name: clusters are on a higher floor. */
  @Column({ name: 'cluster_id', type: 'integer', nullable: true })
  @ForeignKey('Cluster', { name: 'nodes_cluster_id_fkey' })
  clusterId: number | null;

  @Column({ name: 'group_id', type: 'integer', nullable: true })
  groupId: number | null;

  @Column({ name: 'network_data', type: 'jsonb', default: [] })
  networkData: unknown[];

  @Column({ type: 'jsonb', default: {} })
  labels: Record<string, unknown>;

  @Column({ type: 'text', default: 'ssh' })
  driver: NodeDriverName;

  @Column({ name: 'ssh_port', type: 'integer', default: 22 })
  sshPort: number;

  @Column({ name: 'ssh_username', type: 'text', nullable: true })
  sshUsername: string | null;

  @Column({ name: 'ssh_password_encrypted', type: 'text', nullable: true })
  sshPasswordEncrypted: string | null;

  @Column({ name: 'ssh_key_encrypted', type: 'text', nullable: true })
  sshKeyEncrypted: string | null;

  @Column({ name: 'ssh_passphrase_encrypted', type: 'text', nullable: true })
  sshPassphraseEncrypted: string | null;

  @Column({ name: 'host_key', type: 'text', nullable: true })
  hostKey: string | null;

  @Column({ name: 'host_key_policy', type: 'text', default: 'tofu' })
  hostKeyPolicy: HostKeyPolicy;

  @Column({ type: 'jsonb', default: {} })
  simulation: NodeSimulation;

  /** The release a deployment last brought it to, and when. */
  @Column({ name: 'deployed_release_id', type: 'integer', nullable: true })
  @ForeignKey(() => Release, { name: 'nodes_deployed_release_id_fkey', onDelete: 'SET NULL' })
  deployedReleaseId: number | null;

  @Column({ name: 'deployed_at', type: 'timestamptz', nullable: true })
  deployedAt: Date | null;
}

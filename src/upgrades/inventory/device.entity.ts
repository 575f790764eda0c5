import { Column, Entity, ForeignKey, Index, PrimaryGeneratedColumn, Unique } from 'typeorm';
import type { HostKeyPolicy, Simulation } from '../../drivers/device-driver.js';
import { DeviceModel } from './device-model.entity.js';
import { Site } from './site.entity.js';
import { Credential } from './credential.entity.js';
import { Image } from '../images/image.entity.js';
import { FileServer } from '../images/file-server.entity.js';

export const DEVICE_FAMILIES = ['Switch', 'Router', 'AP', 'WLC'] as const;
export type DeviceFamily = (typeof DEVICE_FAMILIES)[number];
export const REACHABILITIES = ['Reachable', 'Unreachable', 'Unknown'] as const;
export type Reachability = (typeof REACHABILITIES)[number];
type SyncStatus = 'Pending' | 'In Progress' | 'Completed' | 'Failed';

/** A device in the inventory. Everything secret in it is encrypted. */
@Entity('devices')
@Unique('devices_hostname_key', ['hostname'])
@Index('devices_model_id', ['modelId'])
@Index('devices_site_id', ['siteId'])
@Index('devices_credential_id', ['credentialId'], { where: 'credential_id is not null' })
@Index('devices_golden_image_override_id', ['goldenImageOverrideId'], { where: 'golden_image_override_id is not null' })
@Index('devices_preferred_file_server_id', ['preferredFileServerId'], { where: 'preferred_file_server_id is not null' })
export class Device {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'devices_pkey',
  })
  id: number;

  @Column({ type: 'text' })
  hostname: string;

  @Column({ name: 'ip_address', type: 'text' })
  ipAddress: string;

  @Column({ type: 'integer', default: 22 })
  port: number;

  @Column({ type: 'text', default: 'iosxe' })
  platform: string;

  @Column({ name: 'model_id', type: 'integer', nullable: true })
  @ForeignKey(() => DeviceModel, { name: 'devices_model_id_fkey' })
  modelId: number | null;

  @Column({ name: 'site_id', type: 'integer', nullable: true })
  @ForeignKey(() => Site, { name: 'devices_site_id_fkey' })
  siteId: number | null;

  @Column({ name: 'credential_id', type: 'integer', nullable: true })
  @ForeignKey(() => Credential, { name: 'devices_credential_id_fkey' })
  credentialId: number | null;

  @Column({ type: 'text', nullable: true })
  username: string | null;

  @Column({ type: 'text', nullable: true })
  password: string | null;

  @Column({ type: 'text', nullable: true })
  secret: string | null;

  @Column({ name: 'private_key', type: 'text', nullable: true })
  privateKey: string | null;

  @Column({ type: 'text', nullable: true })
  passphrase: string | null;

  @Column({ name: 'host_key', type: 'text', nullable: true })
  hostKey: string | null;

  @Column({ name: 'host_key_policy', type: 'text', default: 'tofu' })
  hostKeyPolicy: HostKeyPolicy;

  @Column({ name: 'legacy_algorithms', type: 'boolean', default: false })
  legacyAlgorithms: boolean;

  @Column({ name: 'remote_dir', type: 'text', nullable: true })
  remoteDir: string | null;

  @Column({ type: 'text', nullable: true })
  serial: string | null;

  @Column({ type: 'text', nullable: true })
  version: string | null;

  @Column({ name: 'boot_time', type: 'timestamptz', nullable: true })
  bootTime: Date | null;

  @Column({ type: 'text', default: 'Switch' })
  family: DeviceFamily;

  @Column({ type: 'text', default: '' })
  role: string;

  @Column({ name: 'boot_method', type: 'text', default: '' })
  bootMethod: string;

  @Column({ name: 'mac_address', type: 'text', default: '' })
  macAddress: string;

  @Column({ type: 'text', default: 'Unknown' })
  reachability: Reachability;

  @Column({ name: 'last_sync_status', type: 'text', default: 'Pending' })
  lastSyncStatus: SyncStatus;

  @Column({ name: 'last_sync_time', type: 'timestamptz', nullable: true })
  lastSyncTime: Date | null;

  @Column({ type: 'jsonb', default: [] })
  tags: string[];

  @Column({ type: 'jsonb', default: {} })
  simulation: Simulation;

  @Column({ name: 'golden_image_override_id', type: 'integer', nullable: true })
  @ForeignKey(() => Image, { name: 'devices_golden_image_override_id_fkey' })
  goldenImageOverrideId: number | null;

  @Column({ name: 'preferred_file_server_id', type: 'integer', nullable: true })
  @ForeignKey(() => FileServer, { name: 'devices_preferred_file_server_id_fkey' })
  preferredFileServerId: number | null;
}

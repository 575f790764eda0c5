import { Column, Entity, ForeignKey, Index, PrimaryGeneratedColumn, Unique } from 'typeorm';
import type { DeviceCommands } from '../../drivers/device-driver.js';
import { Image } from '../images/image.entity.js';
import { FileServer } from '../images/file-server.entity.js';

/** A kind of device. Its default image is the golden one (spec upgrade section 2). */
@Entity('device_models')
@Unique('device_models_name_key', ['name'])
@Index('device_models_default_image_id', ['defaultImageId'])
@Index('device_models_default_file_server_id', ['defaultFileServerId'])
export class DeviceModel {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'device_models_pkey',
  })
  id: number;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'text', default: 'Cisco' })
  vendor: string;

  @Column({ name: 'default_image_id', type: 'integer', nullable: true })
  @ForeignKey(() => Image, { name: 'device_models_default_image_id_fkey' })
  defaultImageId: number | null;

  @Column({ name: 'default_file_server_id', type: 'integer', nullable: true })
  @ForeignKey(() => FileServer, { name: 'device_models_default_file_server_id_fkey' })
  defaultFileServerId: number | null;

  /** `linux`: shell commands to activate, verify and roll back. */
  @Column({ type: 'jsonb', default: {} })
  commands: DeviceCommands;
}

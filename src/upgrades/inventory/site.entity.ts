import { Column, Entity, ForeignKey, Index, PrimaryGeneratedColumn, Unique } from 'typeorm';
import { Region } from './region.entity.js';
import { FileServer } from '../images/file-server.entity.js';

@Entity('sites')
@Unique('sites_name_key', ['name'])
@Index('sites_region_id', ['regionId'])
@Index('sites_preferred_file_server_id', ['preferredFileServerId'])
export class Site {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'sites_pkey',
  })
  id: number;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'text', default: '' })
  address: string;

  @Column({ name: 'region_id', type: 'integer', nullable: true })
  @ForeignKey(() => Region, { name: 'sites_region_id_fkey' })
  regionId: number | null;

  @Column({ name: 'preferred_file_server_id', type: 'integer', nullable: true })
  @ForeignKey(() => FileServer, { name: 'sites_preferred_file_server_id_fkey' })
  preferredFileServerId: number | null;
}

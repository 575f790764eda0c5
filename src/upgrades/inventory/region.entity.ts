import { Column, Entity, ForeignKey, Index, PrimaryGeneratedColumn, Unique } from 'typeorm';
import { FileServer } from '../images/file-server.entity.js';

@Entity('regions')
@Unique('regions_name_key', ['name'])
@Index('regions_preferred_file_server_id', ['preferredFileServerId'])
export class Region {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'regions_pkey',
  })
  id: number;

  @Column({ type: 'text' })
  name: string;

  @Column({ name: 'preferred_file_server_id', type: 'integer', nullable: true })
  @ForeignKey(() => FileServer, { name: 'regions_preferred_file_server_id_fkey' })
  preferredFileServerId: number | null;
}

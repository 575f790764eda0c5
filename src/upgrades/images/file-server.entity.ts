import { Column, Entity, PrimaryGeneratedColumn, Unique } from 'typeorm';

export const FILE_SERVER_PROTOCOLS = ['scp', 'sftp', 'http', 'https', 'ftp'] as const;
export type FileServerProtocol = (typeof FILE_SERVER_PROTOCOLS)[number];

/** Where devices can pull images from. Its credentials are encrypted and never shown. */
@Entity('file_servers')
@Unique('file_servers_name_key', ['name'])
export class FileServer {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'file_servers_pkey',
  })
  id: number;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'text' })
  protocol: FileServerProtocol;

  @Column({ type: 'text' })
  address: string;

  @Column({ type: 'integer', nullable: true })
  port: number | null;

  @Column({ name: 'base_path', type: 'text', default: '' })
  basePath: string;

  @Column({ type: 'text', nullable: true })
  username: string | null;

  /** Encrypted. */
  @Column({ type: 'text', nullable: true })
  password: string | null;

  @Column({ type: 'text', default: '' })
  city: string;

  @Column({ name: 'is_global_default', type: 'boolean', default: false })
  isGlobalDefault: boolean;
}

import { Column, Entity, ForeignKey, Index, PrimaryGeneratedColumn } from 'typeorm';
import { FileServer } from './file-server.entity.js';

export const IMAGE_STATUSES = ['ready', 'quarantined'] as const;
export type ImageStatus = (typeof IMAGE_STATUSES)[number];

/** An image: its file in our store, or a record of one on a file server. */
@Entity('images')
@Index('images_file_server_id', ['fileServerId'])
export class Image {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'images_pkey',
  })
  id: number;

  @Column({ type: 'text' })
  filename: string;

  @Column({ type: 'text' })
  version: string;

  /** The driver it is for; null: any. */
  @Column({ type: 'text', nullable: true })
  platform: string | null;

  @Column({ type: 'text' })
  status: ImageStatus;

  /** A bigint, as text: node-postgres does not round it. */
  @Column({ name: 'size_bytes', type: 'bigint' })
  sizeBytes: string;

  @Column({ type: 'text', nullable: true })
  md5: string | null;

  @Column({ type: 'text', nullable: true })
  sha256: string | null;

  @Column({ type: 'text', nullable: true })
  sha512: string | null;

  @Column({ name: 'is_remote', type: 'boolean', default: false })
  isRemote: boolean;

  @Column({ name: 'remote_path', type: 'text', nullable: true })
  remotePath: string | null;

  @Column({ name: 'file_server_id', type: 'integer', nullable: true })
  @ForeignKey(() => FileServer, { name: 'images_file_server_id_fkey' })
  fileServerId: number | null;

  /** Name of the folder below `images/` in the data directory; null for a remote image. */
  @Column({ name: 'storage_key', type: 'text', nullable: true })
  storageKey: string | null;

  /** What makes the address devices pull from unguessable. */
  @Column({ name: 'pull_token', type: 'text' })
  pullToken: string;

  @Column({ name: 'uploaded_at', type: 'timestamptz', default: () => 'now()' })
  uploadedAt: Date;

  @Column({ name: 'uploaded_by', type: 'text', default: '' })
  uploadedBy: string;
}

import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** An image of the fake cloud: its size and hash, not its bytes. */
@Entity('fake_images')
@Index('fake_images_provider', ['providerName'])
export class FakeImage {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'fake_images_pkey' })
  id: string;

  @Column({ name: 'provider_name', type: 'text' })
  providerName: string;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'jsonb', default: () => `'{}'` })
  tags: Record<string, string>;

  @Column({ name: 'size_bytes', type: 'bigint', default: 0 })
  sizeBytes: string;

  /** Of an uploaded one; a snapshot has no bytes. */
  @Column({ type: 'text', nullable: true })
  sha256: string | null;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  /** From then on it can be used. */
  @Column({ name: 'active_at', type: 'timestamptz', default: () => 'now()' })
  activeAt: Date;
}

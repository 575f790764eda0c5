import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** An image of the fake cloud. */
@Entity('fake_images')
@Index('fake_images_provider', ['providerName'])
export class FakeImage {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'fake_images_pkey' })
  id: string;

  @Column({ name: 'provider_name', type: 'text' })
  providerName: string;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'text' })
  status: string;

  @Column({ type: 'text', nullable: true })
  message: string | null;

  @Column({ type: 'jsonb', default: () => `'{}'` })
  tags: Record<string, string>;

  @Column({ type: 'text', nullable: true })
  sha256: string | null;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;
}

import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A server of the fake cloud: kept in the database, so that it survives a restart of ours as a real one does. */
@Entity('fake_servers')
@Index('fake_servers_provider', ['providerName'])
export class FakeServer {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'fake_servers_pkey' })
  id: string;

  @Column({ name: 'provider_name', type: 'text' })
  providerName: string;

  @Column({ type: 'text' })
  name: string;

  /** Why it went to `error` when it booted; null: it did not. */
  @Column({ type: 'text', nullable: true })
  failed: string | null;

  @Column({ type: 'text', nullable: true })
  az: string | null;

  @Column({ type: 'jsonb', default: () => `'{}'` })
  tags: Record<string, string>;

  @Column({ type: 'text', nullable: true })
  image: string | null;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  /** From then on it is up. */
  @Column({ name: 'active_at', type: 'timestamptz', default: () => 'now()' })
  activeAt: Date;

  /** Its end was asked for, and comes then. */
  @Column({ name: 'gone_at', type: 'timestamptz', nullable: true })
  goneAt: Date | null;
}

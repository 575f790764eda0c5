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

  @Column({ type: 'text' })
  status: string;

  @Column({ type: 'text', nullable: true })
  message: string | null;

  @Column({ type: 'text', nullable: true })
  ip: string | null;

  @Column({ name: 'private_ip', type: 'text', nullable: true })
  privateIp: string | null;

  @Column({ type: 'integer', nullable: true })
  port: number | null;

  @Column({ type: 'text', nullable: true })
  az: string | null;

  @Column({ type: 'jsonb', default: () => `'{}'` })
  tags: Record<string, string>;

  @Column({ type: 'text', nullable: true })
  image: string | null;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;
}

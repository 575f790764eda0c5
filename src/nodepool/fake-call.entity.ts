import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/** One call the fake cloud was asked, for tests of what a provider gets to see; an hour's worth is kept. */
@Entity('fake_calls')
@Index('fake_calls_provider', ['providerName', 'calledAt'])
export class FakeCall {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'fake_calls_pkey',
  })
  id: string;

  @Column({ name: 'provider_name', type: 'text' })
  providerName: string;

  @Column({ type: 'text' })
  call: string;

  @Column({ type: 'text', nullable: true })
  subject: string | null;

  @Column({ name: 'called_at', type: 'timestamptz', default: () => 'clock_timestamp()' })
  calledAt: Date;
}

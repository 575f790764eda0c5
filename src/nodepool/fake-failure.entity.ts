import { Column, Entity, PrimaryColumn } from 'typeorm';

/** How many calls of a kind the fake cloud has let fail so far, of as many as its settings ask for. */
@Entity('fake_failures')
export class FakeFailure {
  @PrimaryColumn({ name: 'provider_name', type: 'text', primaryKeyConstraintName: 'fake_failures_pkey' })
  providerName: string;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'fake_failures_pkey' })
  call: string;

  @Column({ type: 'integer', default: 0 })
  failed: number;
}

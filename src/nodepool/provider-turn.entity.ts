import { Column, Entity, PrimaryColumn } from 'typeorm';

/** When a provider may next be called: the rate queue of all processes (spec nodepool section 2.5). */
@Entity('provider_turns')
export class ProviderTurn {
  @PrimaryColumn({ name: 'provider_name', type: 'text', primaryKeyConstraintName: 'provider_turns_pkey' })
  providerName: string;

  @Column({ name: 'next_at', type: 'timestamptz', default: () => 'now()' })
  nextAt: Date;
}

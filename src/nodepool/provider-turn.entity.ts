import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * When a provider may next be called: the rate queue of all processes (spec nodepool section 2.5), and how it answered last.
 * A `static` provider has a row for each of its hosts; `host` is empty for the others.
 */
@Entity('provider_turns')
export class ProviderTurn {
  @PrimaryColumn({ name: 'provider_name', type: 'text', primaryKeyConstraintName: 'provider_turns_pkey' })
  providerName: string;

  @PrimaryColumn({ type: 'text', default: '', primaryKeyConstraintName: 'provider_turns_pkey' })
  host: string;

  @Column({ name: 'next_at', type: 'timestamptz', default: () => `'-infinity'` })
  nextAt: Date;

  @Column({ type: 'integer', default: 0 })
  failures: number;

  /** Not asked again before; null: any time. */
  @Column({ name: 'retry_at', type: 'timestamptz', nullable: true })
  retryAt: Date | null;

  @Column({ name: 'last_error', type: 'text', nullable: true })
  lastError: string | null;

  @Column({ name: 'last_ok_at', type: 'timestamptz', nullable: true })
  lastOkAt: Date | null;
}

import { Column, Entity, PrimaryGeneratedColumn, Unique } from 'typeorm';

/** Somebody else's address that is told of events. */
@Entity('webhooks')
@Unique('webhooks_name_key', ['name'])
export class Webhook {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'webhooks_pkey',
  })
  id: number;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'text' })
  url: string;

  /** Which events: names or `batch.*`; empty: all. */
  @Column({ type: 'text', array: true, default: () => `'{}'` })
  types: string[];

  /** Of which dialects; empty: of all. */
  @Column({ type: 'text', array: true, default: () => `'{}'` })
  dialects: string[];

  @Column({ name: 'secret_encrypted', type: 'text' })
  secretEncrypted: string;

  /** Signs as well until its time is over, so that a receiver can change secrets without missing one. */
  @Column({ name: 'previous_secret_encrypted', type: 'text', nullable: true })
  previousSecretEncrypted: string | null;

  @Column({ name: 'previous_secret_until', type: 'timestamptz', nullable: true })
  previousSecretUntil: Date | null;

  @Column({ type: 'boolean', default: true })
  enabled: boolean;

  /** Why Slipway itself disabled it. */
  @Column({ name: 'disabled_reason', type: 'text', nullable: true })
  disabledReason: string | null;

  /** The last event that was looked at for it; those it wants up to there are in lanes. */
  @Column({ name: 'planned_seq', type: 'bigint' })
  plannedSeq: string;

  /** Raised by every change people make; the ETag. */
  @Column({ type: 'integer', default: 1 })
  version: number;

  @Column({ name: 'created_by_name', type: 'text' })
  createdByName: string;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt: Date;
}

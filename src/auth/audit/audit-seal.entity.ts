import { Column, Entity, PrimaryColumn, Unique } from 'typeorm';

/** One link of the audit chain: an audit row, bound to all before it. Append-only, as the rows it seals. */
@Entity('audit_chain')
@Unique('audit_chain_event_id_key', ['eventId'])
export class AuditSeal {
  /** From 1, without gaps. */
  @PrimaryColumn({ type: 'bigint', primaryKeyConstraintName: 'audit_chain_pkey' })
  seq: string;

  @Column({ name: 'event_id', type: 'bigint' })
  eventId: string;

  /** SHA-256 over the hash before and the row, in hex. */
  @Column({ type: 'text' })
  hash: string;

  @Column({ name: 'sealed_at', type: 'timestamptz', default: () => 'now()' })
  sealedAt: Date;
}

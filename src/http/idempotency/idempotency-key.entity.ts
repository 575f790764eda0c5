import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** The answer that was given to a request with an `Idempotency-Key`, for the day it may be repeated. */
@Entity('idempotency_keys')
@Index('idempotency_keys_by_expiry', ['expiresAt'])
export class IdempotencyKey {
  /** Whose key it is: two users may choose the same. */
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'idempotency_keys_pkey' })
  owner: string;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'idempotency_keys_pkey' })
  key: string;

  /** SHA-256 of what was asked, to tell a repetition from another request. */
  @Column({ name: 'request_hash', type: 'text' })
  requestHash: string;

  /** `json`, not `jsonb`: the answer is given again with its keys in the same order. */
  @Column({ type: 'json' })
  answer: unknown;

  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt: Date;
}

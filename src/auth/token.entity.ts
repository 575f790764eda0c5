import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn, Unique } from 'typeorm';
import { User } from './user.entity.js';

/**
 * `api`: made by an administrator for a client. `login`: handed out by a log-in, lives some hours. `plan`: starts one named
 * plan, reads what it started, and nothing else.
 */
export type TokenKind = 'api' | 'login' | 'plan';

/** A key that stands for its owner. Only the key's SHA-256 is stored; the key itself is shown once. */
@Entity('tokens')
@Unique('tokens_key_hash_key', ['keyHash'])
@Index('tokens_by_user', ['userId', 'kind'])
@Index('tokens_by_expiry', ['expiresAt'], { where: 'expires_at is not null' })
@Index('tokens_by_plan', ['plan'], { where: 'plan is not null' })
@Check('tokens_kind_check', `kind in ('api', 'login', 'plan')`)
@Check('tokens_plan_check', `(kind = 'plan') = (plan is not null)`)
export class Token {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'tokens_pkey',
  })
  id: number;

  @Column({ name: 'user_id', type: 'integer' })
  userId: number;

  @ManyToOne(() => User, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'tokens_user_id_fkey' })
  user?: User;

  @Column({ type: 'text' })
  kind: TokenKind;

  /** The name of the one plan a token of the kind `plan` may start. */
  @Column({ type: 'text', nullable: true })
  plan: string | null;

  @Column({ name: 'key_hash', type: 'text' })
  keyHash: string;

  @Column({ name: 'key_preview', type: 'text' })
  keyPreview: string;

  @Column({ type: 'text', default: '' })
  description: string;

  @Column({ name: 'write_enabled', type: 'boolean', default: true })
  writeEnabled: boolean;

  @Column({ name: 'expires_at', type: 'timestamptz', nullable: true })
  expiresAt: Date | null;

  /** Networks the key may be used from; none: from everywhere. */
  @Column({ name: 'allowed_ips', type: 'text', array: true, default: () => `'{}'` })
  allowedIps: string[];

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @Column({ name: 'last_used_at', type: 'timestamptz', nullable: true })
  lastUsedAt: Date | null;
}

import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/** One change: who, when, from where, what, on what. Append-only: a trigger refuses UPDATE, DELETE and TRUNCATE. */
@Entity('audit_events')
@Index('audit_events_by_object', ['objectType', 'objectId', 'id'])
@Index('audit_events_by_user', ['userId', 'id'])
@Index('audit_events_by_time', ['at', 'id'])
@Index('audit_events_by_name', ['userName', 'at', 'id'])
@Index('audit_events_by_action', ['action', 'at', 'id'])
@Index('audit_events_by_object_type', ['objectType', 'at', 'id'])
export class AuditEvent {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'audit_events_pkey',
  })
  id: string;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  at: Date;

  /** No foreign key: the trail outlives the user. */
  @Column({ name: 'user_id', type: 'integer', nullable: true })
  userId: number | null;

  @Column({ name: 'user_name', type: 'text' })
  userName: string;

  @Column({ type: 'text' })
  address: string;

  @Column({ name: 'user_agent', type: 'text' })
  userAgent: string;

  /** How the user showed who it is: `token`, `basic`, … or `system`. */
  @Column({ type: 'text' })
  source: string;

  @Column({ type: 'text' })
  action: string;

  @Column({ name: 'object_type', type: 'text' })
  objectType: string;

  @Column({ name: 'object_id', type: 'text' })
  objectId: string;

  @Column({ name: 'object_repr', type: 'text' })
  objectRepr: string;

  @Column({ type: 'jsonb', nullable: true })
  before: Record<string, unknown> | null;

  @Column({ type: 'jsonb', nullable: true })
  after: Record<string, unknown> | null;
}

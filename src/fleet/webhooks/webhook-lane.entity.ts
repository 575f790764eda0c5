import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { Webhook } from './webhook.entity.js';

/**
 * What a webhook has yet to be told of one batch: everything it wants after `afterSeq`, one event after the other. Whoever
 * holds the lease tells it; the row goes when nothing is left.
 */
@Entity('webhook_lanes')
@Index('webhook_lanes_due', ['webhookId', 'nextAt'])
export class WebhookLane {
  @PrimaryColumn({ name: 'webhook_id', type: 'integer', primaryKeyConstraintName: 'webhook_lanes_pkey' })
  webhookId: number;

  @ManyToOne(() => Webhook, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'webhook_id', foreignKeyConstraintName: 'webhook_lanes_webhook_id_fkey' })
  webhook?: Webhook;

  @PrimaryColumn({ name: 'batch_id', type: 'uuid', primaryKeyConstraintName: 'webhook_lanes_pkey' })
  batchId: string;

  @Column({ name: 'after_seq', type: 'bigint' })
  afterSeq: string;

  /** The last event it wants, as far as was planned. */
  @Column({ name: 'upto_seq', type: 'bigint' })
  uptoSeq: string;

  /** Failed tries of the event that is next. */
  @Column({ type: 'integer', default: 0 })
  attempts: number;

  @Column({ name: 'next_at', type: 'timestamptz', default: () => 'now()' })
  nextAt: Date;

  @Column({ name: 'first_failed_at', type: 'timestamptz', nullable: true })
  firstFailedAt: Date | null;

  @Column({ name: 'last_error', type: 'text', nullable: true })
  lastError: string | null;

  @Column({ type: 'uuid', nullable: true })
  lease: string | null;

  @Column({ name: 'lease_until', type: 'timestamptz', nullable: true })
  leaseUntil: Date | null;
}

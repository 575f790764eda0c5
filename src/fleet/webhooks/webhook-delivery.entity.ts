import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import { Webhook } from './webhook.entity.js';

/** `dead`: given up, to be looked at by people. `redelivering`: one of those, to be tried again. */
export type DeliveryStatus = 'delivered' | 'dead' | 'redelivering';

/** How telling a webhook of one event ended. */
@Entity('webhook_deliveries')
@Check('webhook_deliveries_status_check', `status in ('delivered', 'dead', 'redelivering')`)
@Index('webhook_deliveries_by_webhook', ['webhookId', 'id'])
@Index('webhook_deliveries_dead', ['webhookId', 'id'], { where: `status <> 'delivered'` })
@Index('webhook_deliveries_past', ['at'], { where: `status = 'delivered'` })
@Index('webhook_deliveries_due', ['nextAt'], { where: `status = 'redelivering'` })
export class WebhookDelivery {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'webhook_deliveries_pkey',
  })
  id: string;

  @Column({ name: 'webhook_id', type: 'integer' })
  webhookId: number;

  @ManyToOne(() => Webhook, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'webhook_id', foreignKeyConstraintName: 'webhook_deliveries_webhook_id_fkey' })
  webhook?: Webhook;

  @Column({ type: 'bigint' })
  seq: string;

  @Column({ name: 'batch_id', type: 'uuid' })
  batchId: string;

  @Column({ type: 'text' })
  type: string;

  @Column({ type: 'text' })
  status: DeliveryStatus;

  @Column({ type: 'integer' })
  attempts: number;

  /** Null: there was no answer. */
  @Column({ name: 'http_status', type: 'integer', nullable: true })
  httpStatus: number | null;

  @Column({ type: 'text', nullable: true })
  error: string | null;

  /** What was to be delivered, of those that were not: it outlives the event. */
  @Column({ type: 'text', nullable: true })
  body: string | null;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  at: Date;

  @Column({ name: 'next_at', type: 'timestamptz', nullable: true })
  nextAt: Date | null;
}

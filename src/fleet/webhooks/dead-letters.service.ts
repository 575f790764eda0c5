import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource, EntityManager } from 'typeorm';
import type { Attempt } from './lanes.service.js';
import type { WebhookMessage } from './webhook-message.js';

/** One that was given up and is tried again because somebody asked for it. */
export interface Redelivery extends WebhookMessage {
  readonly id: string;
  readonly webhookId: number;
}

/** A redelivery whose process died is taken up again after so long. */
const RETAKE_S = 60;

/** Events that were given up: kept with their body, since the event itself may be gone by the time somebody looks. */
@Injectable()
export class DeadLettersService {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** Has them tried again, those with the ids or all of a webhook's. Returns how many. */
  async redeliver(tx: EntityManager, webhookId: number, ids: readonly string[] | null): Promise<number> {
    const [row] = await tx.query<{ count: number }[]>(
      `with wanted as (
         update webhook_deliveries set status = 'redelivering', next_at = now()
         where webhook_id = $1 and status = 'dead' and ($2::bigint[] is null or id = any($2::bigint[])) returning id)
       select count(*)::integer as count from wanted`,
      [webhookId, ids],
    );
    return row!.count;
  }

  /** The first that is due of each webhook, in the order of the events: the second waits until the first is settled. */
  claim(): Promise<Redelivery[]> {
    return this.dataSource.query<Redelivery[]>(
      `with first as (
         select distinct on (d.webhook_id) d.id, d.next_at from webhook_deliveries d join webhooks w on w.id = d.webhook_id
         where d.status = 'redelivering' and w.enabled order by d.webhook_id, d.seq),
       taken as (
         update webhook_deliveries d set next_at = now() + ${RETAKE_S} * interval '1 second'
         from first f where d.id = f.id and f.next_at <= now() and d.next_at = f.next_at and d.status = 'redelivering'
         returning d.*)
       select id::text as id, webhook_id as "webhookId", seq::float8 as seq, batch_id as "batchId", type, body from taken`,
    );
  }

  /** How the new try ended. One that failed again is a dead letter again: whoever asked is looking. */
  async settle(id: string, isDelivered: boolean, attempt: Attempt): Promise<void> {
    await this.dataSource.query(
      `update webhook_deliveries set status = $2, attempts = attempts + 1, http_status = $3, error = $4, at = now(),
         next_at = null, body = case when $2 = 'delivered' then null else body end
       where id = $1 and status = 'redelivering'`,
      [id, isDelivered ? 'delivered' : 'dead', attempt.httpStatus, attempt.error],
    );
  }
}

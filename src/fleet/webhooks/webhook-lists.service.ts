import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { Conditions } from '../paging/conditions.js';
import { listPage, type ListOrder } from '../paging/list-page.js';
import type { Page, PageWish } from '../paging/page.js';
import type { DeliveryStatus, WebhookDelivery } from './webhook-delivery.entity.js';
import type { WebhookLane } from './webhook-lane.entity.js';
import type { Webhook } from './webhook.entity.js';

const WEBHOOKS: ListOrder = { list: 'webhooks', direction: 'asc', keys: [{ column: 'w.id', type: 'integer' }] };
const DELIVERIES: ListOrder = { list: 'deliveries', direction: 'desc', keys: [{ column: 'd.id', type: 'bigint' }] };
const BACKLOG: ListOrder = { list: 'backlog', direction: 'asc', keys: [{ column: 'l.batch_id', type: 'uuid' }] };

const WEBHOOK_COLUMNS = `w.id, w.name, w.url, w.types, w.dialects, w.enabled, w.disabled_reason as "disabledReason",
  w.previous_secret_until as "previousSecretUntil", w.version, w.created_by_name as "createdByName",
  w.created_at as "createdAt", w.updated_at as "updatedAt"`;
const DELIVERY_COLUMNS = `d.id::text as id, d.seq::text as seq, d.batch_id as "batchId", d.type, d.status, d.attempts,
  d.http_status as "httpStatus", d.error, d.at`;
const LANE_COLUMNS = `l.batch_id as "batchId", l.after_seq::text as "afterSeq", l.upto_seq::text as "uptoSeq", l.attempts,
  l.next_at as "nextAt", l.first_failed_at as "firstFailedAt", l.last_error as "lastError"`;

/** What people look at: webhooks, what was delivered and what not, and what is yet to be. */
@Injectable()
export class WebhookListsService {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  webhooks(wish: PageWish): Promise<Page<Webhook>> {
    const where = new Conditions();
    return listPage(this.dataSource, { order: WEBHOOKS, columns: WEBHOOK_COLUMNS, from: 'webhooks w', where, wish });
  }

  deliveries(webhookId: number, status: DeliveryStatus | undefined, wish: PageWish): Promise<Page<WebhookDelivery>> {
    const where = new Conditions()
      .add((p) => `d.webhook_id = ${p(webhookId)}`)
      // The dead ones have an index of their own, which a comparison with a parameter would not find.
      .add(() => (status === undefined ? 'true' : status === 'delivered' ? NOT_DEAD : `d.status <> 'delivered'`))
      .addIf(status, (p) => `d.status = ${p}`);
    const from = 'webhook_deliveries d';
    return listPage(this.dataSource, { order: DELIVERIES, columns: DELIVERY_COLUMNS, from, where, wish });
  }

  backlog(webhookId: number, wish: PageWish): Promise<Page<WebhookLane>> {
    const where = new Conditions().add((p) => `l.webhook_id = ${p(webhookId)}`);
    return listPage(this.dataSource, { order: BACKLOG, columns: LANE_COLUMNS, from: 'webhook_lanes l', where, wish });
  }
}

const NOT_DEAD = `d.status = 'delivered'`;

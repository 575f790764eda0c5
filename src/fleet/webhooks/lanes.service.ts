import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { conditionsOf } from '../events/event-log.service.js';
import { EVENT_COLUMNS, type LoggedEvent } from '../events/logged-event.js';
import type { WebhookMessage } from './webhook-message.js';

/** Longer than one call may take: whoever holds a lane renews it with every event. */
const LEASE_S = 30;
const PAGE = 50;

/** A lane this process holds. Every write of it names the lease: a process that was frozen finds it is no longer its. */
export interface HeldLane {
  readonly webhookId: number;
  readonly batchId: string;
  readonly lease: string;
  afterSeq: number;
  uptoSeq: number;
  attempts: number;
}

/** What the receiver said, for whoever looks at the delivery. */
export interface Attempt {
  readonly httpStatus: number | null;
  readonly error: string | null;
}

const HELD = 'webhook_id = $1 and batch_id = $2 and lease = $3';

/** The lanes in the database: who tells which webhook of which batch, how far that has come, and when it is tried again. */
@Injectable()
export class LanesService {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /**
   * Takes lanes that are due, at most `room` and so many of each webhook that this process has `perWebhook` of it with
   * those it holds (`held`): one slow receiver must not keep the others waiting.
   */
  claim(room: number, perWebhook: number, held: ReadonlyMap<number, number>): Promise<HeldLane[]> {
    return this.dataSource.query<HeldLane[]>(
      `with due as (
         select l.webhook_id, l.batch_id, row_number() over (partition by l.webhook_id order by l.next_at) as place
         from webhooks w cross join lateral (
           select * from webhook_lanes where webhook_id = w.id and next_at <= now()
             and (lease_until is null or lease_until < now())
           order by next_at limit ${perWebhook} for update skip locked) l
         where w.enabled),
       chosen as (
         select webhook_id, batch_id from due
         where place <= ${perWebhook} - coalesce(($2::jsonb ->> webhook_id::text)::integer, 0)
         order by place limit $1),
       taken as (
         update webhook_lanes l set lease = $3, lease_until = now() + ${LEASE_S} * interval '1 second'
         from chosen c where l.webhook_id = c.webhook_id and l.batch_id = c.batch_id
         returning l.*)
       select webhook_id as "webhookId", batch_id as "batchId", lease, after_seq::float8 as "afterSeq",
         upto_seq::float8 as "uptoSeq", attempts from taken`,
      [room, JSON.stringify(Object.fromEntries(held)), randomUUID()],
    );
  }

  /** The next events of a lane that its webhook wants; empty when there are no more. */
  next(lane: HeldLane, types: readonly string[], dialects: readonly string[]): Promise<LoggedEvent[]> {
    const where = conditionsOf({ types, dialects, batchId: lane.batchId })
      .add((p) => `e.seq > ${p(lane.afterSeq)}::bigint`)
      .add((p) => `e.seq <= ${p(lane.uptoSeq)}::bigint`);
    return this.dataSource.query<LoggedEvent[]>(
      `select ${EVENT_COLUMNS} from events e where ${where.sql} order by e.seq limit ${PAGE}`,
      where.parameters,
    );
  }

  /** The event is settled, delivered or given up: the lane goes past it. False: the lane is no longer ours. */
  async settle(lane: HeldLane, message: WebhookMessage, isDead: boolean, attempt: Attempt): Promise<boolean> {
    const [kept] = await this.dataSource.query<{ uptoSeq: number }[]>(
      `with lane as (
         update webhook_lanes set after_seq = $4, attempts = 0, first_failed_at = null, last_error = null,
           lease_until = now() + ${LEASE_S} * interval '1 second'
         where ${HELD} returning webhook_id, batch_id, upto_seq),
       told as (
         insert into webhook_deliveries (webhook_id, batch_id, seq, type, status, attempts, http_status, error, body)
         select webhook_id, batch_id, $4, $5, $6, $7, $8, $9, $10 from lane)
       select upto_seq::float8 as "uptoSeq" from lane`,
      [
        ...keys(lane),
        message.seq,
        message.type,
        isDead ? 'dead' : 'delivered',
        lane.attempts + 1,
        attempt.httpStatus,
        attempt.error,
        isDead ? message.body : null,
      ],
    );
    if (kept === undefined) return false;
    Object.assign(lane, { afterSeq: message.seq, uptoSeq: kept.uptoSeq, attempts: 0 });
    return true;
  }

  /** The next event is tried again in `delayMs`, by whoever takes the lane then: a durable timer. */
  async retryLater(lane: HeldLane, attempt: Attempt, delayMs: number): Promise<void> {
    await this.dataSource.query(
      `update webhook_lanes set attempts = attempts + 1, first_failed_at = coalesce(first_failed_at, now()),
         last_error = $4, next_at = now() + $5 * interval '1 millisecond', lease = null, lease_until = null
       where ${HELD}`,
      [...keys(lane), attempt.error, delayMs],
    );
  }

  /** Gives it back as it is, for others to take at once. */
  async release(lane: HeldLane): Promise<void> {
    await this.dataSource.query(`update webhook_lanes set lease = null, lease_until = null where ${HELD}`, keys(lane));
  }

  /**
   * All of the lane was told: it goes, unless more was planned meanwhile; then it is given back. A row that the planner is
   * raising just now is waited for and seen as it then is.
   */
  async finish(lane: HeldLane): Promise<void> {
    await this.dataSource.query(`delete from webhook_lanes where ${HELD} and upto_seq <= $4`, [
      ...keys(lane),
      lane.uptoSeq,
    ]);
    await this.release(lane);
  }
}

function keys(lane: HeldLane): unknown[] {
  return [lane.webhookId, lane.batchId, lane.lease];
}

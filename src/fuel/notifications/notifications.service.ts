import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { Any, DataSource, type EntityManager } from 'typeorm';
import { storableText } from '../../auth/audit/audit-diff.js';
import { AuditService } from '../../auth/audit/audit.service.js';
import type { Principal } from '../../auth/principal.js';
import { Invalid, NotFound } from '../../common/errors.js';
import {
  Notification,
  NOTIFICATION_STATUSES,
  type NotificationStatus,
  type NotificationTopic,
} from './notification.entity.js';

export interface NotificationWish {
  readonly topic: NotificationTopic;
  readonly message: string;
  readonly clusterId?: number | null;
  readonly nodeId?: number | null;
  readonly taskId?: number | null;
  readonly status?: NotificationStatus;
}

export interface StatusChange {
  readonly id: number;
  readonly status: NotificationStatus;
}

const LONGEST_MESSAGE = 4000;

/** What operators should hear of (spec fuel sections 2.5 and 3.12). */
@Injectable()
export class NotificationsService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly audit: AuditService,
  ) {}

  /** A part of what it tells of: inside the caller's transaction, whose own audit record is enough. */
  async notify(tx: EntityManager, wish: NotificationWish): Promise<void> {
    await this.insert(tx, wish);
  }

  list(): Promise<Notification[]> {
    return this.dataSource.manager.find(Notification, { order: { id: 'ASC' } });
  }

  async get(id: number, tx: EntityManager = this.dataSource.manager): Promise<Notification> {
    const notification = await tx.findOneBy(Notification, { id });
    if (notification === null) throw new NotFound('Notification not found');
    return notification;
  }

  create(principal: Principal, wish: NotificationWish): Promise<Notification> {
    return this.dataSource.transaction(async (tx) => {
      const notification = await this.get(await this.insert(tx, wish), tx);
      await this.record(tx, principal, 'create', notification, { after: notification });
      return notification;
    });
  }

  /** All of them or none: an unknown id refuses the whole request. In the order of the request. */
  setStatuses(principal: Principal, changes: readonly StatusChange[]): Promise<Notification[]> {
    return this.dataSource.transaction(async (tx) => {
      const ids = [...new Set(changes.map(({ id }) => id))];
      const rows = await tx.find(Notification, {
        where: { id: Any(ids) },
        order: { id: 'ASC' },
        lock: { mode: 'pessimistic_write' },
      });
      if (rows.length < ids.length) throw new Invalid('Invalid ID specified');
      const wanted = new Map(changes.map(({ id, status }) => [id, status]));
      for (const status of NOTIFICATION_STATUSES) {
        const changed = rows.filter((row) => wanted.get(row.id) === status && row.status !== status);
        await this.setStatus(tx, principal, changed, status);
      }
      const byId = new Map(rows.map((row) => [row.id, row]));
      return ids.map((id) => byId.get(id) as Notification);
    });
  }

  async update(principal: Principal, id: number, status: NotificationStatus): Promise<Notification> {
    await this.get(id);
    const [notification] = await this.setStatuses(principal, [{ id, status }]);
    return notification as Notification;
  }

  remove(principal: Principal, id: number): Promise<void> {
    return this.dataSource.transaction(async (tx) => {
      const notification = await this.get(id, tx);
      await tx.delete(Notification, id);
      await this.record(tx, principal, 'delete', notification, { before: notification });
    });
  }

  /** A client may mark thousands read at once (`fuel notifications -r '*'`): one statement for all of them. */
  private async setStatus(
    tx: EntityManager,
    principal: Principal,
    rows: readonly Notification[],
    status: NotificationStatus,
  ): Promise<void> {
    if (rows.length === 0) return;
    await tx.query('update notifications set status = $2 where id = any($1::integer[])', [
      rows.map(({ id }) => id),
      status,
    ]);
    await this.audit.recordMany(
      tx,
      principal,
      rows.map(({ id, message, status: before }) => ({
        action: 'update',
        objectType: 'notification',
        objectId: id,
        objectRepr: message,
        before: { status: before },
        after: { status },
      })),
    );
    for (const row of rows) row.status = status;
  }

  private async insert(tx: EntityManager, wish: NotificationWish): Promise<number> {
    const { identifiers } = await tx.insert(Notification, {
      topic: wish.topic,
      message: storableText(wish.message, LONGEST_MESSAGE),
      status: wish.status ?? 'unread',
      clusterId: wish.clusterId ?? null,
      nodeId: wish.nodeId ?? null,
      taskId: wish.taskId ?? null,
    });
    return (identifiers[0] as { id: number }).id;
  }

  private record(
    tx: EntityManager,
    principal: Principal,
    action: string,
    { id, message }: Notification,
    sides: { before?: object; after?: object },
  ): Promise<void> {
    return this.audit.record(tx, principal, {
      action,
      objectType: 'notification',
      objectId: id,
      objectRepr: message,
      ...sides,
    });
  }
}

import { Injectable } from '@nestjs/common';
import type { EntityManager, QueryDeepPartialEntity } from 'typeorm';
import type { Principal } from '../principal.js';
import { auditDiff, storableText } from './audit-diff.js';
import { AuditEvent } from './audit-event.entity.js';

/** What was done, on what. `before` and `after` may be whole entities: only what differs is kept, secrets never are. */
export interface AuditEntry {
  readonly action: string;
  readonly objectType: string;
  readonly objectId: string | number;
  readonly objectRepr: string;
  readonly before?: object | null;
  readonly after?: object | null;
}

/** Rows of one INSERT; PostgreSQL takes at most 65,535 parameters. */
const CHUNK = 1000;

/** Writes the audit trail: always inside the transaction of the change, so that neither exists without the other. */
@Injectable()
export class AuditService {
  async record(tx: EntityManager, principal: Principal, entry: AuditEntry): Promise<void> {
    await this.recordMany(tx, principal, [entry]);
  }

  async recordMany(tx: EntityManager, principal: Principal, entries: readonly AuditEntry[]): Promise<void> {
    for (let start = 0; start < entries.length; start += CHUNK) {
      const rows = entries.slice(start, start + CHUNK).map((entry) => toRow(principal, entry));
      await tx
        .createQueryBuilder()
        .insert()
        .into(AuditEvent)
        .values(rows as QueryDeepPartialEntity<AuditEvent>[])
        .updateEntity(false)
        .execute();
    }
  }
}

function toRow(principal: Principal, entry: AuditEntry): Omit<AuditEvent, 'id' | 'at'> {
  return {
    userId: principal.userId,
    userName: principal.username,
    address: principal.address,
    userAgent: storableText(principal.userAgent ?? '', 256),
    source: principal.source,
    action: entry.action,
    objectType: entry.objectType,
    objectId: String(entry.objectId),
    objectRepr: storableText(entry.objectRepr, 255),
    ...auditDiff(entry.before, entry.after),
  };
}

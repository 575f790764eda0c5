import { Injectable } from '@nestjs/common';
import type { EntityManager, EntityTarget, FindOptionsWhere, QueryDeepPartialEntity } from 'typeorm';
import { AuditService } from '../auth/audit/audit.service.js';
import type { Principal } from '../auth/principal.js';
import { defined } from '../common/fields/defined.js';
import { notFound } from './drf/refusals.js';

export interface Row {
  id: number;
}

/** What a kind of row is called in the audit trail. */
export interface RowKind<T extends Row> {
  readonly entity: EntityTarget<T>;
  readonly type: string;
  label(row: T): string;
}

/** What may be set on a row: everything but its id; undefined means "leave it". */
export type Wish<T extends Row> = Partial<Omit<T, 'id'>>;

/**
 * Changes single rows and writes the audit trail beside them, inside the caller's transaction. So small that each
 * service keeps its own rules; it exists because forgetting the audit row once would break a law (design section 5).
 */
@Injectable()
export class AuditedRows {
  constructor(private readonly audit: AuditService) {}

  async insert<T extends Row>(tx: EntityManager, principal: Principal, kind: RowKind<T>, wish: Wish<T>): Promise<T> {
    const result = await tx.insert(kind.entity, defined(wish) as QueryDeepPartialEntity<T>);
    const { id } = result.identifiers[0] as Row;
    const row = await this.get(tx, kind, id);
    await this.record(tx, principal, kind, 'create', { row, after: row });
    return row;
  }

  async update<T extends Row>(
    tx: EntityManager,
    principal: Principal,
    kind: RowKind<T>,
    id: number,
    wish: Wish<T>,
  ): Promise<T> {
    const before = await this.lock(tx, kind, id);
    const changes = defined(wish);
    if (Object.keys(changes).length === 0) return before;
    await tx.update(kind.entity, id, changes as QueryDeepPartialEntity<T>);
    const after = await this.get(tx, kind, id);
    await this.record(tx, principal, kind, 'update', { row: after, before, after });
    return after;
  }

  async remove<T extends Row>(tx: EntityManager, principal: Principal, kind: RowKind<T>, id: number): Promise<T> {
    const before = await this.lock(tx, kind, id);
    await tx.delete(kind.entity, id);
    await this.record(tx, principal, kind, 'delete', { row: before, before });
    return before;
  }

  /** Reads a row and holds it until the transaction ends. */
  async lock<T extends Row>(tx: EntityManager, kind: RowKind<T>, id: number): Promise<T> {
    const where = { id } as FindOptionsWhere<T>;
    const row = await tx.findOne(kind.entity, { where, lock: { mode: 'pessimistic_write' } });
    if (row === null) throw notFound(`${kind.type} ${id} does not exist`);
    return row;
  }

  async record<T extends Row>(
    tx: EntityManager,
    principal: Principal,
    kind: RowKind<T>,
    action: string,
    change: { row: T; before?: object; after?: object },
  ): Promise<void> {
    await this.audit.record(tx, principal, {
      action,
      objectType: kind.type,
      objectId: change.row.id,
      objectRepr: kind.label(change.row),
      before: change.before ?? null,
      after: change.after ?? null,
    });
  }

  private async get<T extends Row>(tx: EntityManager, kind: RowKind<T>, id: number): Promise<T> {
    return tx.findOneByOrFail(kind.entity, { id } as FindOptionsWhere<T>);
  }
}

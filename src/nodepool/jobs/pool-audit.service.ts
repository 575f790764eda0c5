import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuditService } from '../../auth/audit/audit.service.js';
import { SYSTEM_PRINCIPAL } from '../../auth/principal.js';
import { POOL_TARGETS, type PoolKind } from './pool-jobs.service.js';

/** What the pool does by itself, in the audit trail. Each is called in the transaction of the change it records. */
@Injectable()
export class PoolAudit {
  constructor(private readonly audit: AuditService) {}

  /** Rows that were made, and what is to be done about them: `launch`, `build`, `upload`, `snapshot`. */
  begun(tx: EntityManager, kind: PoolKind, act: string, ids: readonly number[], name: string): Promise<void> {
    const objectType = POOL_TARGETS[kind];
    return this.audit.recordMany(
      tx,
      SYSTEM_PRINCIPAL,
      ids.map((id) => ({ action: act, objectType, objectId: id, objectRepr: `${name} ${id}` })),
    );
  }

  /** Rows of ours that have become `delete`. */
  deleted(tx: EntityManager, kind: PoolKind, ids: readonly number[], why: string): Promise<void> {
    const objectType = POOL_TARGETS[kind];
    return this.audit.recordMany(
      tx,
      SYSTEM_PRINCIPAL,
      ids.map((id) => ({
        action: 'delete',
        objectType,
        objectId: id,
        objectRepr: `${objectType} ${id}: ${why}`,
        after: { state: 'delete', reason: why },
      })),
    );
  }

  /**
   * Something at a provider that no row of ours stands for, before it is deleted there. One that does not go is tried again
   * with every pass, and said once a day.
   */
  async swept(tx: EntityManager, what: 'server' | 'image', provider: string, id: string, name: string): Promise<void> {
    const objectType = `leaked-${what}`;
    const objectRepr = `${what} ${name} at ${provider}: it has our tags and no row`;
    const said = await tx.query<unknown[]>(
      `select 1 from audit_events where object_type = $1 and object_id = $2 and object_repr = $3
         and at > now() - interval '1 day' limit 1`,
      [objectType, id, objectRepr],
    );
    if (said.length > 0) return;
    await this.audit.record(tx, SYSTEM_PRINCIPAL, { action: 'delete', objectType, objectId: id, objectRepr });
  }
}

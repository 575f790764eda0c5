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

  /** Something at a provider that no row of ours stands for. */
  swept(tx: EntityManager, what: 'server' | 'image', provider: string, id: string, name: string): Promise<void> {
    return this.audit.record(tx, SYSTEM_PRINCIPAL, {
      action: 'delete',
      objectType: `leaked-${what}`,
      objectId: id,
      objectRepr: `${what} ${name} at ${provider}: it has our tags and no row`,
    });
  }
}

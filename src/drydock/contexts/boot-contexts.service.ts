import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource, EntityManager } from 'typeorm';
import { AuditService } from '../../auth/audit/audit.service.js';
import { type Principal, SYSTEM_PRINCIPAL } from '../../auth/principal.js';
import { Conflict, NotFound } from '../../common/errors.js';
import { hashBootKey, newBootKey } from '../bootdata/boot-key.js';
import { newUlid } from '../bootdata/ulid.js';
import type { BootAction } from '../designs/design.js';
import { BootReports } from '../engine/boot-reports.service.js';
import { BootActionRecord } from '../records/boot-action-record.entity.js';
import { BootContext } from '../records/boot-context.entity.js';

export interface Deployment {
  readonly nodeName: string;
  /** The `deploy_node` part. */
  readonly taskId: string;
  readonly designDigest: string;
  /** Those for the node, in the design's order. */
  readonly actions: readonly BootAction[];
}

export interface IssuedKey {
  readonly nodeName: string;
  readonly taskId: string;
  readonly key: string;
}

/** Who may fetch boot data with which key, from a deployment to the next one or to the node's end (spec section 6). */
@Injectable()
export class BootContexts {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly audit: AuditService,
    private readonly reports: BootReports,
  ) {}

  /**
   * The node is about to be deployed: what an earlier deployment handed out is worth nothing from now on. Once per part:
   * a second call changes nothing. The key is thrown away here; `issueKey` makes the one that somebody gets.
   */
  open(deployment: Deployment): Promise<void> {
    const { nodeName, taskId, designDigest, actions } = deployment;
    return this.dataSource.transaction(async (tx) => {
      await tx.query(`select pg_advisory_xact_lock(hashtextextended('boot context ' || $1, 0))`, [nodeName]);
      const known = await holdContext(tx, nodeName);
      if (known?.taskId === taskId && known.revokedAt === null) return;
      await this.supersede(tx, nodeName, known);
      await tx.delete(BootContext, { nodeName });
      if (actions.length === 0) return;
      const keyHash = hashBootKey(newBootKey());
      await tx.insert(BootContext, { nodeName, taskId, keyHash, designDigest });
      await tx.insert(
        BootActionRecord,
        actions.map(({ name, signaling }, ordinal) => ({
          actionId: newUlid(),
          nodeName,
          actionName: name,
          taskId,
          ordinal,
          keyHash,
          status: signaling ? ('incomplete' as const) : ('unreported' as const),
        })),
      );
      await this.note(tx, SYSTEM_PRINCIPAL, 'boot_context_open', nodeName, { taskId, actions: actions.length });
    });
  }

  /** The node is destroyed: its key opens nothing and reports nothing any more. */
  revoke(nodeName: string): Promise<void> {
    return this.dataSource.transaction(async (tx) => {
      const known = await holdContext(tx, nodeName);
      if (known === null || known.revokedAt !== null) return;
      await this.supersede(tx, nodeName, known);
      await tx.update(BootContext, { nodeName }, { revokedAt: () => 'now()' });
      await this.note(tx, SYSTEM_PRINCIPAL, 'boot_context_revoke', nodeName, { taskId: known.taskId });
    });
  }

  /**
   * A new key for the node's deployment, shown this once. One that was issued before is worth nothing from then on.
   * `task`: only if that deployment is a part of this task, for those who wait for its key and not for that of the one before.
   */
  async issueKey(nodeName: string, principal: Principal, task?: string): Promise<IssuedKey> {
    // PostgreSQL takes none, so no node has one.
    if (nodeName.includes('\0')) throw unknownNode(nodeName);
    return this.dataSource.transaction(async (tx) => {
      const context = await holdContext(tx, nodeName);
      if (context === null) throw unknownNode(nodeName);
      if (context.revokedAt !== null) throw new Conflict(`Node ${nodeName} was destroyed`);
      const { taskId } = context;
      if (task !== undefined && !(await isPartOf(tx, taskId, task))) {
        throw new Conflict(`Node ${nodeName} has no key of task ${task}`);
      }
      const key = newBootKey();
      const keyHash = hashBootKey(key);
      await tx.update(BootContext, { nodeName }, { keyHash, issuedAt: () => 'now()' });
      await tx.update(BootActionRecord, { nodeName, taskId, superseded: false }, { keyHash });
      await this.note(tx, principal, 'boot_key_issue', nodeName, { taskId });
      return { nodeName, taskId, key };
    });
  }

  /** Whoever waits for a report of the actions until now gets to know that none will come. */
  private async supersede(tx: EntityManager, nodeName: string, known: BootContext | null): Promise<void> {
    await tx.update(BootActionRecord, { nodeName, superseded: false }, { superseded: true });
    if (known !== null) await this.reports.reported(tx, known.taskId);
  }

  private note(tx: EntityManager, by: Principal, action: string, nodeName: string, after: object): Promise<void> {
    const what = { objectType: 'boot_context', objectId: nodeName, objectRepr: nodeName };
    return this.audit.record(tx, by, { action, ...what, after });
  }
}

function holdContext(tx: EntityManager, nodeName: string): Promise<BootContext | null> {
  return tx.findOne(BootContext, { where: { nodeName }, lock: { mode: 'pessimistic_write' } });
}

function unknownNode(nodeName: string): NotFound {
  return new NotFound(`No deployment of node ${nodeName} is known`);
}

/** The id of the whole, or of any part of it, will do. */
async function isPartOf(tx: EntityManager, partId: string, taskId: string): Promise<boolean> {
  const found = await tx.query<unknown[]>(
    `select 1 from drydock_tasks part join drydock_tasks task using (root_id)
     where part.id = $1 and task.id::text = lower($2)`,
    [partId, taskId],
  );
  return found.length > 0;
}

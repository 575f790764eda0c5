import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource, EntityManager } from 'typeorm';
import { AuditService } from '../../auth/audit/audit.service.js';
import { type Principal, SYSTEM_PRINCIPAL } from '../../auth/principal.js';
import { Conflict } from '../../common/errors.js';
import { SecretBox } from '../../config/secret-box.js';
import { BatchesService } from '../../orchestration/batches.service.js';
import { DesignsService } from '../designs/designs.service.js';
import { DRYDOCK, openingJob, type TaskRequest } from '../engine/drydock-job.js';
import { TaskEnds } from '../engine/task-ends.service.js';
import { holdRoot, isEnded, rootOfBatch } from '../engine/task-rows.js';
import { SiteTask } from '../records/site-task.entity.js';
import type { RootAction } from './actions.js';
import { hasPassword, shownRef } from './design-login.js';
import { TaskReads } from './task-reads.service.js';

export interface TaskWish {
  readonly action: RootAction;
  readonly designRef: string;
  readonly nodeFilter: Readonly<Record<string, unknown>> | null;
}

export interface SubmittedTask {
  readonly id: string;
  readonly batchId: string;
}

/** Makes, ends and removes tasks; each with its audit record, in one transaction. */
@Injectable()
export class TasksService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly batches: BatchesService,
    private readonly audit: AuditService,
    private readonly reads: TaskReads,
    private readonly ends: TaskEnds,
    private readonly designs: DesignsService,
    private readonly secrets: SecretBox,
  ) {}

  /** The design is not looked at yet: that is the first thing the task does. */
  async submit(wish: TaskWish, principal: Principal): Promise<string> {
    const { id } = await this.dataSource.transaction((tx) => this.submitWithin(tx, wish, principal));
    return id;
  }

  /** Part of the caller's transaction. */
  async submitWithin(tx: EntityManager, wish: TaskWish, principal: Principal): Promise<SubmittedTask> {
    const id = randomUUID();
    const { action, designRef, nodeFilter } = wish;
    const request: TaskRequest = { taskId: id };
    const { id: batchId } = await this.batches.submit(tx, {
      kind: DRYDOCK,
      mode: 'parallel',
      onFailure: 'continue',
      maxParallel: null,
      scheduledFor: null,
      request: { ...request },
      createdBy: { id: principal.userId, name: principal.username },
      waves: [[openingJob(id, action)]],
    });
    await tx.insert(SiteTask, {
      id,
      action,
      rootId: id,
      designRef: shownRef(designRef),
      sealedRef: hasPassword(designRef) ? this.secrets.encrypt(designRef) : null,
      nodeFilter: nodeFilter as object | null,
      status: 'queued',
      createdBy: principal.username,
      batchId,
    });
    await this.note(tx, principal, 'create', id, action, { designRef: shownRef(designRef) });
    return { id, batchId };
  }

  /** Nothing more of it is started, and what is at work stops at its next safe point. Asking twice is asking once. */
  async terminate(id: string, principal: Principal): Promise<void> {
    const { rootId, action, parentId } = await this.reads.find(id);
    if (parentId !== null) throw new Conflict(`Task ${id} is a part of task ${rootId}: that one can be terminated`);
    await this.dataSource.transaction(async (tx) => {
      const root = await holdRoot(tx, rootId);
      if (!root || isEnded(root)) throw new Conflict(`Task ${id} has finished`);
      if (root.terminate) return;
      await this.ends.terminate(tx, root, principal.username);
      await this.note(tx, principal, 'terminate', id, action, {});
    });
  }

  /** The same for whoever knows the task by its batch, as a part of their transaction; one that has ended is left alone. */
  async terminateWithin(tx: EntityManager, batchId: string, by: string): Promise<void> {
    const found = await rootOfBatch(tx, batchId);
    const root = found && (await holdRoot(tx, found.id));
    if (!root || isEnded(root) || root.terminate) return;
    await this.ends.terminate(tx, root, by);
    await this.note(tx, SYSTEM_PRINCIPAL, 'terminate', root.id, root.action, { by });
  }

  /** Removes what ended that long ago, but nothing that a node may still fetch its boot data by. */
  async purge(days: number, principal: Principal): Promise<void> {
    await this.dataSource.transaction(async (tx) => {
      const removed = await tx.query<{ id: string; action: string }[]>(
        `with doomed as (
           select root.id from drydock_tasks root
           where root.parent_id is null and root.status in ('complete', 'terminated')
             and root.created_at <= now() - make_interval(days => $1)
             and not exists (
               select 1 from drydock_tasks task join drydock_boot_contexts context on context.task_id = task.id
               where task.root_id = root.id and context.revoked_at is null)
             -- Deployments that were asked for before are told by it that they came too late.
             and not exists (
               select 1 from drydock_tasks part join drydock_tasks older on older.created_at < root.created_at
               where part.root_id = root.id and part.action = 'destroy_node'
                 and older.parent_id is null and older.status not in ('complete', 'terminated'))
           for update of root),
         removed as (delete from drydock_tasks using doomed where drydock_tasks.id = doomed.id
           returning drydock_tasks.id, drydock_tasks.action)
         select id, action from removed`,
        [days],
      );
      await this.audit.recordMany(
        tx,
        principal,
        removed.map(({ id, action }) => ({
          action: 'purge',
          objectType: 'drydock_task',
          objectId: id,
          objectRepr: action,
          after: { olderThanDays: days },
        })),
      );
      await this.designs.prune(tx);
    });
  }

  private note(
    tx: Parameters<AuditService['record']>[0],
    principal: Principal,
    action: string,
    id: string,
    repr: string,
    after: object,
  ): Promise<void> {
    return this.audit.record(tx, principal, {
      action,
      objectType: 'drydock_task',
      objectId: id,
      objectRepr: repr,
      after,
    });
  }
}

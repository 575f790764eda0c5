import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager, type FindOptionsWhere, IsNull } from 'typeorm';
import { AuditService } from '../../auth/audit/audit.service.js';
import type { Principal } from '../../auth/principal.js';
import { Invalid, NotFound } from '../../common/errors.js';
import { BatchesService } from '../../orchestration/batches.service.js';
import { FUEL } from '../deployment/node-job.js';
import { findLockedCluster } from '../locked-rows.js';
import { Task } from '../task.entity.js';
import { RunningProgress } from './running-progress.js';

/** What a client may change: everything else is the work's own (spec fuel section 3.11). */
export type TaskChange = Partial<Pick<Task, 'message' | 'result'>>;

/** Reads tasks, with the progress of those that run, and deletes them. */
@Injectable()
export class TasksService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly progress: RunningProgress,
    private readonly batches: BatchesService,
    private readonly audit: AuditService,
  ) {}

  /** By id. `clusterId`: only of this cluster; null: of none. */
  async list(clusterId?: number | null): Promise<Task[]> {
    const where: FindOptionsWhere<Task> = clusterId === undefined ? {} : { clusterId: clusterId ?? IsNull() };
    return this.progress.apply(await this.dataSource.manager.find(Task, { where, order: { id: 'ASC' } }));
  }

  async get(id: number): Promise<Task> {
    const task = await find(this.dataSource.manager, id);
    // A parent's progress is its children's.
    const children = task.status === 'running' ? await this.dataSource.manager.findBy(Task, { parentId: id }) : [];
    const [shown] = await this.progress.apply([task, ...children]);
    return shown!;
  }

  async update(principal: Principal, id: number, change: TaskChange): Promise<Task> {
    await this.dataSource.transaction(async (tx) => {
      const before = await find(tx, id);
      if (Object.keys(change).length === 0) return;
      await tx.update(Task, id, change as object);
      await this.record(tx, principal, 'update', before, {
        before: pick(before),
        after: { ...pick(before), ...change },
      });
    });
    return this.get(id);
  }

  /** A running one only by force; then its work is stopped as well, because nobody would see it any more. */
  remove(principal: Principal, id: number, force: boolean): Promise<void> {
    return this.dataSource.transaction(async (tx) => {
      const { clusterId } = await find(tx, id);
      // Its rows in the order in which everybody takes them.
      if (clusterId !== null) await findLockedCluster(tx, clusterId);
      const task = await tx.findOne(Task, { where: { id }, lock: { mode: 'pessimistic_write' } });
      if (task === null) throw new NotFound('Task not found');
      if (task.status === 'running') {
        if (!force) throw new Invalid('You cannot delete running task manually');
        await this.stopWork(tx, task, principal.username);
      }
      await tx.delete(Task, { parentId: id });
      await tx.delete(Task, id);
      await this.record(tx, principal, 'delete', task, { before: { ...pick(task), status: task.status } });
    });
  }

  private async stopWork(tx: EntityManager, task: Task, by: string): Promise<void> {
    if (task.batchId === null || task.parentId !== null) return;
    const jobs = await tx.query<{ id: number }[]>('select id from jobs where batch_id = $1', [task.batchId]);
    const ids = jobs.map((job) => job.id);
    await this.batches.abort(tx, FUEL, ids, by);
  }

  private record(
    tx: EntityManager,
    principal: Principal,
    action: string,
    { id, name }: Task,
    sides: { before: object; after?: object },
  ): Promise<void> {
    return this.audit.record(tx, principal, { action, objectType: 'task', objectId: id, objectRepr: name, ...sides });
  }
}

async function find(tx: EntityManager, id: number): Promise<Task> {
  const task = await tx.findOneBy(Task, { id });
  if (task === null) throw new NotFound('Task not found');
  return task;
}

function pick({ message, result }: Task): TaskChange {
  return { message, result };
}

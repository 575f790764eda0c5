import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { NotificationsService } from '../fuel/notifications/notifications.service.js';
import { Node } from '../nodes/node.entity.js';
import type { EndedBatch, EndedJob } from '../orchestration/step-handler.js';
import { Cluster } from './cluster.entity.js';
import { errorOf } from './deployment/job-error.js';
import { FUEL, NODE, type NodeJobInput } from './deployment/node-job.js';
import { changeNodes, lockNodes } from './locked-rows.js';
import { Task } from './task.entity.js';
import { doneMessage, nodeAfterJob, nodeAfterTask, nodeFailure } from './tasks/consequences.js';
import { TaskEndings } from './tasks/task-endings.js';
import { nameOf } from './tasks/task-names.js';

/**
 * Records what ended jobs and batches mean for nodes, tasks and clusters, in the transactions that end them. Rows are
 * taken in the order of `locked-rows.ts`; a node's end never takes the cluster's, so that nodes do not wait for each other.
 */
@Injectable()
export class TaskConsequences {
  constructor(
    private readonly notifications: NotificationsService,
    private readonly endings: TaskEndings,
  ) {}

  /** A node's work has ended. Only work that had begun comes here. */
  async nodeEnded(tx: EntityManager, job: EndedJob): Promise<void> {
    const input = job.input as NodeJobInput;
    const { action, releaseId, taskId } = input;
    const node = await tx.findOne(Node, { where: { id: input.nodeId }, lock: { mode: 'pessimistic_write' } });
    // A node that was given to another cluster meanwhile is none of this task's any more.
    if (node?.clusterId === input.clusterId) {
      const isDeployedNext = action === 'provision' && (await isDeployedInBatch(tx, job));
      const error = errorOf(job);
      const [clock] = await tx.query<{ at: Date }[]>('select now() as at');
      const end = { status: job.status, error, at: clock!.at };
      const isPartial = job.input['isPartial'] === true;
      const patch = nodeAfterJob({ action, releaseId, isDeployedNext, isPartial }, end, node);
      if (patch !== null) await tx.update(Node, node.id, patch as object);
      const told = job.status === 'failed' ? nodeFailure(action, node, error) : null;
      if (told !== null) {
        await this.notifications.notify(tx, {
          topic: 'error',
          message: told,
          clusterId: node.clusterId,
          nodeId: node.id,
          taskId,
        });
      }
    }
    if (job.status === 'succeeded') await this.endChild(tx, job, taskId);
  }

  /** All of a task's work has ended; what never began is settled here. */
  async batchEnded(tx: EntityManager, batch: EndedBatch): Promise<void> {
    const { clusterId } = batch.request as { clusterId: number };
    const cluster = await tx.findOne(Cluster, { where: { id: clusterId }, lock: { mode: 'pessimistic_write' } });
    const nodes = await lockNodes(tx, clusterId);
    const tasks = await tx.find(Task, {
      where: { batchId: batch.id },
      order: { id: 'ASC' },
      lock: { mode: 'pessimistic_write' },
    });
    const top = tasks.find(({ parentId }) => parentId === null);
    if (top === undefined || cluster === null) return this.settleAbandoned(tx, batch, nodes);
    await this.endings.end(tx, { cluster, nodes, top, tasks, batch });
  }

  /** A child whose last job this was is over before its parent; what failed waits for the end of the batch. */
  private async endChild(tx: EntityManager, job: EndedJob, taskId: number): Promise<void> {
    const task = await tx.findOne(Task, { where: { id: taskId }, lock: { mode: 'pessimistic_write' } });
    if (task === null || task.parentId === null || task.status !== 'running') return;
    const [others] = await tx.query<{ total: number; undone: number }[]>(
      `select count(*)::integer as total, count(*) filter (where status <> 'succeeded')::integer as undone
       from jobs where batch_id = $1 and (input->>'taskId')::integer = $2 and id <> $3`,
      [job.batchId, taskId, job.id],
    );
    if (others!.undone > 0) return;
    const cluster = await tx.findOneBy(Cluster, { id: task.clusterId! });
    const message = cluster === null ? null : doneMessage(nameOf(task), cluster, others!.total + 1);
    await this.endings.endTask(tx, task, 'ready', message);
  }

  /** Its task was deleted while it ran: nobody else will say what became of nodes it left in the middle of things. */
  private async settleAbandoned(tx: EntityManager, batch: EndedBatch, nodes: readonly Node[]): Promise<void> {
    const rows = await tx.query<{ nodeId: number; action: string }[]>(
      `select (j.input->>'nodeId')::integer as "nodeId", j.input->>'action' as action from jobs j
       where j.batch_id = $1 and j.status in ('failed', 'cancelled')
         and not exists (select 1 from jobs other where other.kind = '${FUEL}' and other.target_kind = '${NODE}'
           and other.target_id = j.target_id and other.batch_id <> j.batch_id
           and other.status in ('pending', 'queued', 'running', 'waiting'))`,
      [batch.id],
    );
    const left = new Set(rows.map(({ nodeId }) => nodeId));
    await changeNodes(
      tx,
      nodes.filter(({ id }) => left.has(id)),
      (node) => nodeAfterTask('deployment', 'error', node) ?? nodeAfterTask('provision', 'error', node),
    );
  }
}

async function isDeployedInBatch(tx: EntityManager, job: EndedJob): Promise<boolean> {
  const rows = await tx.query<unknown[]>(
    `select 1 from jobs where batch_id = $1 and target_kind = '${NODE}' and target_id = $2
       and input->>'action' = 'deploy' limit 1`,
    [job.batchId, job.targetId],
  );
  return rows.length > 0;
}

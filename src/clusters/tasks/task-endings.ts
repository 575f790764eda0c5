import { Injectable } from '@nestjs/common';
import { type EntityManager, In, Not } from 'typeorm';
import { NotificationsService } from '../../fuel/notifications/notifications.service.js';
import { Node } from '../../nodes/node.entity.js';
import type { EndedBatch } from '../../orchestration/step-handler.js';
import { Cluster } from '../cluster.entity.js';
import { FINISHES_UPGRADE_BY_DEPLOYMENTS, isUpgraded } from '../cluster-rules.js';
import { changeNodes } from '../locked-rows.js';
import { Task } from '../task.entity.js';
import {
  ABORTED_MESSAGE,
  clusterAfter,
  doneMessage,
  failedMessage,
  leaving,
  nodeAfterTask,
  parentEnd,
  STOPPED_MESSAGE,
  type TaskOutcome,
} from './consequences.js';
import { nameOf, type TaskName } from './task-names.js';

/** A task that is over, with everything of its cluster locked. `batch` is null for one that had no work to do. */
export interface EndingTask {
  readonly cluster: Cluster;
  readonly nodes: Node[];
  readonly top: Task;
  /** `top` and its children. */
  readonly tasks: readonly Task[];
  readonly batch: Pick<EndedBatch, 'id' | 'reason' | 'request'> | null;
}

interface Leaf {
  readonly outcome: TaskOutcome;
  readonly message: string;
  readonly isStopped: boolean;
}

/** How a child came out, or that it had before. */
interface ChildEnd {
  readonly child: Task;
  readonly leaf: Leaf | null;
  /** Some of its work was begun. */
  readonly isBegun: boolean;
}

interface JobCounts {
  readonly taskId: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly started: number;
}

const NONE: Omit<JobCounts, 'taskId'> = { succeeded: 0, failed: 0, cancelled: 0, started: 0 };
/** A cluster with a failed node is not deployed, whichever node it is (spec fuel section 5). */
const TAKES_NO_FAILED_NODE: ReadonlySet<TaskName> = new Set(['update', 'deployment']);
const DEPLOY_TASKS: readonly TaskName[] = ['deploy', 'deployment', 'provision', 'node_deletion'];

/** Ends tasks, and their clusters with them. Always inside a transaction that has their rows. */
@Injectable()
export class TaskEndings {
  constructor(private readonly notifications: NotificationsService) {}

  async end(tx: EntityManager, ending: EndingTask): Promise<void> {
    const { top, tasks } = ending;
    if (top.status !== 'running') return;
    const counts = new Map((await countJobs(tx, ending)).map((row) => [row.taskId, row]));
    const leafOf = (task: Task): Leaf => leafEnd(nameOf(task), counts.get(task.id) ?? NONE, ending);
    // Whatever became of the children's rows (a client may delete them), work that failed has failed.
    const whole = leafEnd(nameOf(top), sumOf([...counts.values()]), ending);
    const children = tasks.filter(({ parentId }) => parentId === top.id);
    if (children.length === 0) return this.settle(tx, ending, whole);
    const ends = children.map((child): ChildEnd => {
      const leaf = child.status === 'running' ? leafOf(child) : null;
      return { child, leaf, isBegun: (counts.get(child.id) ?? NONE).started > 0 };
    });
    await this.endChildren(tx, ends);
    const { status, message } = parentEnd(children)!;
    const isStopped = ends.some(({ leaf }) => leaf?.isStopped === true);
    const hides = status === 'ready' && whole.outcome === 'error';
    await this.settle(tx, ending, hides ? whole : { outcome: status, message, isStopped });
  }

  /** What was not even begun because of a sibling's failure has no failure of its own. */
  private async endChildren(tx: EntityManager, ends: readonly ChildEnd[]): Promise<void> {
    const hasFailed = ends.some(({ leaf, isBegun }) => leaf?.outcome === 'error' && isBegun);
    for (const { child, leaf, isBegun } of ends) {
      if (leaf === null) continue;
      const isAborted = hasFailed && !isBegun && !leaf.isStopped;
      await this.endTask(tx, child, isAborted ? 'error' : leaf.outcome, isAborted ? ABORTED_MESSAGE : leaf.message);
    }
  }

  /** Sets it on the row and on the object. */
  async endTask(tx: EntityManager, task: Task, status: TaskOutcome, message: string | null): Promise<void> {
    await tx.update(
      Task,
      { id: task.id, status: 'running' },
      { status, message, progress: 100, endedAt: () => 'now()' },
    );
    Object.assign(task, { status, message, progress: 100 });
  }

  private async settle(tx: EntityManager, ending: EndingTask, { outcome, message, isStopped }: Leaf): Promise<void> {
    const { cluster, nodes, top } = ending;
    await this.endTask(tx, top, outcome, message);
    // The stop has its own consequences, and they replace those of what it stopped.
    if (isStopped && (await isBeingStopped(tx, cluster.id))) return;
    const name = nameOf(top);
    await changeNodes(tx, nodes, (node) => nodeAfterTask(name, outcome, node));
    const topic = outcome === 'ready' ? 'done' : 'error';
    await this.notifications.notify(tx, { topic, message, clusterId: cluster.id, taskId: top.id });
    if (name === 'cluster_deletion' && outcome === 'ready') return removeCluster(tx, cluster, top);
    if (outcome === 'ready') await afterReady(tx, cluster.id, name);
    await changeCluster(tx, ending, outcome);
  }
}

function leafEnd(name: TaskName, counts: Omit<JobCounts, 'taskId'>, { cluster, nodes, batch }: EndingTask): Leaf {
  const failedNodes = nodes.filter(({ status }) => status === 'error').map((node) => node.name);
  const isStopped = counts.failed === 0 && counts.cancelled > 0;
  if (isStopped) return { outcome: 'error', message: STOPPED_MESSAGE, isStopped };
  const isSpoilt = TAKES_NO_FAILED_NODE.has(name) && failedNodes.length > 0;
  if (counts.failed === 0 && !isSpoilt) {
    return { outcome: 'ready', message: doneMessage(name, cluster, counts.succeeded), isStopped };
  }
  return { outcome: 'error', message: failedMessage(name, failedNodes, batch?.reason ?? null), isStopped };
}

function sumOf(counts: readonly JobCounts[]): Omit<JobCounts, 'taskId'> {
  return counts.reduce(
    (sum, each) => ({
      succeeded: sum.succeeded + each.succeeded,
      failed: sum.failed + each.failed,
      cancelled: sum.cancelled + each.cancelled,
      started: sum.started + each.started,
    }),
    NONE,
  );
}

async function countJobs(tx: EntityManager, { batch }: EndingTask): Promise<JobCounts[]> {
  if (batch === null) return [];
  return tx.query<JobCounts[]>(
    `select (input->>'taskId')::integer as "taskId", count(*) filter (where status = 'succeeded')::integer as succeeded,
       count(*) filter (where status = 'failed')::integer as failed,
       count(*) filter (where status = 'cancelled')::integer as cancelled,
       count(*) filter (where started_at is not null)::integer as started
     from jobs where batch_id = $1 group by 1`,
    [batch.id],
  );
}

async function isBeingStopped(tx: EntityManager, clusterId: number): Promise<boolean> {
  return tx.existsBy(Task, { clusterId, name: 'stop_deployment', status: 'running' });
}

async function changeCluster(
  tx: EntityManager,
  { cluster, top, batch }: EndingTask,
  outcome: TaskOutcome,
): Promise<void> {
  const name = nameOf(top);
  const finishesUpgrade =
    FINISHES_UPGRADE_BY_DEPLOYMENTS &&
    name === 'deployment' &&
    isUpgraded(cluster, await tx.findBy(Node, { clusterId: cluster.id }));
  const releaseId = (batch?.request as { releaseId?: number } | undefined)?.releaseId ?? null;
  const patch = clusterAfter({ name, outcome, releaseId, finishesUpgrade }, cluster);
  if (Object.keys(patch).length > 0) await tx.update(Cluster, cluster.id, patch as object);
}

async function removeCluster(tx: EntityManager, { id }: Cluster, top: Task): Promise<void> {
  await tx.update(Node, { clusterId: id }, leaving() as object);
  await tx.delete(Task, { clusterId: id, id: Not(top.id) });
  await tx.delete(Cluster, id);
}

/** On a cluster whose deployment was stopped there was none (spec fuel section 3.5). */
async function afterReady(tx: EntityManager, clusterId: number, name: TaskName): Promise<void> {
  if (name === 'stop_deployment') await tx.delete(Task, { clusterId, name: In([...DEPLOY_TASKS]) });
  if (name === 'reset_environment') await tx.update(Node, { clusterId }, { pendingDeletion: false });
}

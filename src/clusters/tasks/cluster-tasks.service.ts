import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { type EntityManager, In } from 'typeorm';
import { AuditService } from '../../auth/audit/audit.service.js';
import type { Principal } from '../../auth/principal.js';
import { Conflict } from '../../common/errors.js';
import { Config } from '../../config/config.js';
import { violatedUnique } from '../../database/pg-errors.js';
import { Node } from '../../nodes/node.entity.js';
import { BatchesService, type JobSpec } from '../../orchestration/batches.service.js';
import type { Release } from '../../releases/release.entity.js';
import type { Cluster } from '../cluster.entity.js';
import { parallelOf } from '../cluster-attributes.js';
import { FUEL, type NodeAction } from '../deployment/node-job.js';
import { planDeployment, type DeploymentPlan } from '../deployment/plan-deployment.js';
import { Task } from '../task.entity.js';
import { TaskEndings } from './task-endings.js';
import { CHILD_WEIGHTS, type TaskName } from './task-names.js';

/** One kind of work on some of a cluster's nodes. */
export interface TaskPart {
  readonly name: TaskName;
  readonly action: NodeAction;
  readonly nodes: readonly Node[];
}

/** What a request comes to when everything was checked and the nodes' rows were changed. */
export interface TaskStart {
  /** As it is now, locked. */
  readonly cluster: Cluster;
  readonly release: Release;
  readonly name: TaskName;
  /** In their order; of a task without children the one that has its name. */
  readonly parts: readonly TaskPart[];
  readonly taskNames?: readonly string[];
}

/**
 * Makes a task and the batch it shows: in the transaction of the request that wants it, all of it or nothing. The caller holds
 * the cluster's row and has made sure that nothing else runs; the unique index would tell if it had not.
 */
@Injectable()
export class ClusterTasksService {
  constructor(
    private readonly batches: BatchesService,
    private readonly endings: TaskEndings,
    private readonly audit: AuditService,
    private readonly config: Config,
  ) {}

  async start(tx: EntityManager, principal: Principal, start: TaskStart): Promise<Task> {
    const { cluster, name, parts } = start;
    const top = await this.insert(tx, cluster.id, name, null);
    const isParent = parts.some((part) => part.name !== name);
    const tasks = isParent ? await this.insertChildren(tx, top, parts) : [top];
    await this.record(tx, principal, cluster, top, {
      release: start.release.id,
      nodes: parts.flatMap(({ nodes }) => nodes.map(({ id }) => id)),
    });
    const plan = await this.plan(tx, start, tasks);
    if (plan.waves.length === 0) return this.endAtOnce(tx, cluster, top, isParent ? [top, ...tasks] : [top]);
    const batch = await this.batches.submit(tx, {
      kind: FUEL,
      ...plan,
      scheduledFor: null,
      request: { taskId: top.id, clusterId: cluster.id, name, releaseId: start.release.id },
      createdBy: { id: principal.userId, name: principal.username },
    });
    await tx.update(Task, { id: In([top, ...tasks].map(({ id }) => id)) }, { batchId: batch.id });
    return Object.assign(top, { batchId: batch.id });
  }

  /** A task that is over before it began: a pre-check failed. */
  async fail(
    tx: EntityManager,
    principal: Principal,
    cluster: Cluster,
    name: TaskName,
    message: string,
  ): Promise<Task> {
    const top = await this.insert(tx, cluster.id, name, null);
    await this.record(tx, principal, cluster, top, { refused: message });
    await this.endings.endTask(tx, top, 'error', message);
    return top;
  }

  private record(
    tx: EntityManager,
    principal: Principal,
    { id, name }: Cluster,
    top: Task,
    what: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    return this.audit.record(tx, principal, {
      action: `cluster.${top.name}`,
      objectType: 'cluster',
      objectId: id,
      objectRepr: name,
      after: { task: top.id, ...what },
    });
  }

  private async insert(tx: EntityManager, clusterId: number, name: TaskName, parentId: number | null): Promise<Task> {
    const task = tx.create(Task, {
      uuid: randomUUID(),
      clusterId,
      name,
      parentId,
      weight: parentId === null ? 1 : (CHILD_WEIGHTS[name] ?? 1),
      status: 'running',
      progress: 0,
      message: null,
      result: {},
      // A stop runs beside what it stops.
      changesCluster: parentId === null && name !== 'stop_deployment',
    });
    try {
      return await tx.save(task);
    } catch (error) {
      if (violatedUnique(error) !== 'tasks_one_running_per_cluster') throw error;
      throw new Conflict(`Another task of environment '${clusterId}' is running`);
    }
  }

  private async insertChildren(tx: EntityManager, top: Task, parts: readonly TaskPart[]): Promise<Task[]> {
    const children: Task[] = [];
    for (const { name } of parts) children.push(await this.insert(tx, top.clusterId!, name, top.id));
    return children;
  }

  private async plan(tx: EntityManager, start: TaskStart, tasks: readonly Task[]): Promise<DeploymentPlan> {
    const { cluster, release, parts, taskNames } = start;
    const clusterNodes = (await tx.findBy(Node, { clusterId: cluster.id })).map(deployable);
    const plans = parts.map(({ action, nodes }, index) =>
      planDeployment({
        action,
        taskId: tasks[index]!.id,
        cluster,
        release,
        patching: cluster.pendingReleaseId !== null,
        nodes: nodes.map(deployable),
        clusterNodes,
        parallel: parallelOf(cluster.attributes) ?? this.config.values.fuelPatchParallel,
        taskNames: taskNames ?? null,
      }),
    );
    return joined(taskNames === undefined ? plans : plans.map(partly));
  }

  /** Nothing to do on any node: the task is answered as it ends. */
  private async endAtOnce(tx: EntityManager, cluster: Cluster, top: Task, tasks: readonly Task[]): Promise<Task> {
    const nodes = await tx.findBy(Node, { clusterId: cluster.id });
    await this.endings.end(tx, { cluster, nodes, top, tasks, batch: null });
    return top;
  }
}

/** A node on which only some of a release's tasks ran does not have that release. */
function partly(plan: DeploymentPlan): DeploymentPlan {
  const mark = (job: JobSpec): JobSpec => ({ ...job, input: { ...job.input, isPartial: true } });
  return { ...plan, waves: plan.waves.map((wave) => wave.map(mark)) };
}

/** Nobody deploys a node that could not be provisioned: only the last part may go on after a failure. */
function joined(plans: readonly DeploymentPlan[]): DeploymentPlan {
  const limits = plans.flatMap(({ maxParallel }) => (maxParallel === null ? [] : [maxParallel]));
  const waves = plans.flatMap((plan, index) =>
    plan.waves
      .filter((wave) => wave.length > 0)
      .map((wave) => (index < plans.length - 1 ? wave.map((job): JobSpec => ({ ...job, critical: true })) : wave)),
  );
  return {
    mode: plans.some(({ mode }) => mode === 'sequential') ? 'sequential' : 'parallel',
    onFailure: 'stop',
    maxParallel: limits.length > 0 ? Math.min(...limits) : null,
    waves,
  };
}

/** Its pending roles count: they are what it is about to be. */
function deployable(node: Node) {
  const { id, name, driver, pendingDeletion } = node;
  return { id, name, driver, pendingDeletion, roles: [...new Set([...node.roles, ...node.pendingRoles])] };
}

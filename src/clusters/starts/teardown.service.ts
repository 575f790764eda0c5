import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager, In, Not } from 'typeorm';
import type { Principal } from '../../auth/principal.js';
import { Conflict, Invalid } from '../../common/errors.js';
import { Node } from '../../nodes/node.entity.js';
import { BatchesService } from '../../orchestration/batches.service.js';
import { Cluster } from '../cluster.entity.js';
import { FUEL } from '../deployment/node-job.js';
import { assertNothingRuns, lockCluster, lockNodes, runningTasks } from '../locked-rows.js';
import { Task } from '../task.entity.js';
import { ClusterTasksService } from '../tasks/cluster-tasks.service.js';
import { nodesToStop, nodesWithSystem } from './node-choice.js';
import { releaseOf } from './started-nodes.js';

/** Only these can be stopped: an update cannot (spec fuel section 3.5). */
const STOPPABLE = ['deployment', 'provision'];

/** Stops a deployment, and takes environments back to where they came from (spec fuel sections 3.1, 3.5 and 3.6). */
@Injectable()
export class TeardownService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly tasks: ClusterTasksService,
    private readonly batches: BatchesService,
  ) {}

  /**
   * What was not begun is cancelled at once and what is in progress is asked to stop. The stop's own work on a node waits
   * until the work it stops has ended, because a node has one job at a time.
   */
  stop(principal: Principal, clusterId: number): Promise<Task> {
    return this.dataSource.transaction(async (tx) => {
      const cluster = await lockCluster(tx, clusterId);
      const running = await runningTasks(tx, clusterId);
      if (running.some(({ name }) => name === 'stop_deployment')) {
        throw new Conflict('Stopping deployment task is already launched');
      }
      const stopped = running.filter(({ name }) => STOPPABLE.includes(name));
      if (stopped.length === 0) {
        throw new Invalid(`Nothing to stop - deployment is not running on environment '${clusterId}'`);
      }
      const nodes = nodesToStop(await lockNodes(tx, clusterId));
      await this.abort(tx, stopped, principal.username);
      return this.tasks.start(tx, principal, {
        cluster,
        release: await releaseOf(tx, cluster.releaseId),
        name: 'stop_deployment',
        parts: [{ name: 'stop_deployment', action: 'stop', nodes }],
      });
    });
  }

  reset(principal: Principal, clusterId: number): Promise<Task> {
    return this.dataSource.transaction(async (tx) => {
      const cluster = await lockCluster(tx, clusterId);
      await assertNothingRuns(tx, clusterId, `Can't reset environment '${clusterId}' when deployment is running`);
      const nodes = nodesWithSystem(await lockNodes(tx, clusterId));
      await tx.delete(Task, {
        clusterId,
        name: In(['deploy', 'deployment', 'provision', 'node_deletion', 'stop_deployment']),
      });
      return this.tasks.start(tx, principal, {
        cluster,
        release: await releaseOf(tx, cluster.releaseId),
        name: 'reset_environment',
        parts: [{ name: 'reset_environment', action: 'reset', nodes }],
      });
    });
  }

  /** Its nodes leave it one by one; the cluster is gone when the task is ready. */
  remove(principal: Principal, clusterId: number): Promise<Task> {
    return this.dataSource.transaction(async (tx) => {
      const cluster = await lockCluster(tx, clusterId);
      const running = await runningTasks(tx, clusterId);
      if (running.some(({ name }) => name === 'cluster_deletion')) {
        throw new Invalid('Environment removal already started');
      }
      if (running.length > 0) throw new Conflict(`Can't delete environment '${clusterId}' when other task is running`);
      const nodes = await lockNodes(tx, clusterId);
      await tx.update(Node, { clusterId }, { pendingDeletion: true });
      await tx.update(Cluster, clusterId, { status: 'remove' });
      await tx.delete(Task, { clusterId, name: 'cluster_deletion', status: Not('running') });
      return this.tasks.start(tx, principal, {
        cluster,
        release: await releaseOf(tx, cluster.releaseId),
        name: 'cluster_deletion',
        parts: [{ name: 'cluster_deletion', action: 'delete', nodes: nodesWithSystem(nodes) }],
      });
    });
  }

  /** A deletion in the same batch goes on. */
  private async abort(tx: EntityManager, stopped: readonly Task[], by: string): Promise<void> {
    const jobs = await tx.query<{ id: number }[]>(
      `select id from jobs where batch_id = any($1::uuid[]) and (input->>'taskId')::integer = any($2::integer[])`,
      [stopped.flatMap(({ batchId }) => batchId ?? []), stopped.map(({ id }) => id)],
    );
    await this.batches.abort(
      tx,
      FUEL,
      jobs.map(({ id }) => id),
      by,
    );
  }
}

import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import type { Principal } from '../../auth/principal.js';
import { Invalid } from '../../common/errors.js';
import type { Node } from '../../nodes/node.entity.js';
import { parseDeploymentTasks } from '../../releases/deployment-tasks.js';
import { Cluster } from '../cluster.entity.js';
import { releaseToDeploy } from '../cluster-rules.js';
import { assertNothingRuns, lockCluster, lockNodes } from '../locked-rows.js';
import type { Task } from '../task.entity.js';
import { ClusterTasksService } from '../tasks/cluster-tasks.service.js';
import { assertDeployable, nodesToDeploy, nodesToProvision, nodesToUpdate, withControllers } from './node-choice.js';
import { beginDeployment, beginProvisioning, namedNodes, releaseOf } from './started-nodes.js';

const NOTHING_TO_DO = 'No changes to deploy';

/** Which nodes, and which of the release's tasks; null: those that need it, and all. */
export interface DeploymentWish {
  readonly nodeIds: readonly number[] | null;
  readonly taskNames: readonly string[] | null;
}

/** Starts an upgrade of a cluster, and the deployment or provisioning of single nodes (spec fuel sections 3.2 and 3.3). */
@Injectable()
export class DeploymentsService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly tasks: ClusterTasksService,
  ) {}

  update(principal: Principal, clusterId: number): Promise<Task> {
    return this.dataSource.transaction((tx) => this.updateWithin(tx, principal, clusterId));
  }

  /** As `update`, inside the caller's transaction. */
  async updateWithin(tx: EntityManager, principal: Principal, clusterId: number): Promise<Task> {
    const cluster = await lockCluster(tx, clusterId);
    const { pendingReleaseId } = cluster;
    if (pendingReleaseId === null) {
      throw new Invalid(`Can't update environment '${cluster.name}' when new release Id is invalid`);
    }
    const refusal = `Can't update environment '${clusterId}' when other task is running`;
    await assertNothingRuns(tx, clusterId, refusal);
    const nodes = nodesToUpdate(cluster, await lockNodes(tx, clusterId));
    if (nodes.length === 0) throw new Invalid(NOTHING_TO_DO);
    await tx.update(Cluster, clusterId, { status: 'update' });
    await beginDeployment(tx, cluster, nodes);
    const release = await releaseOf(tx, pendingReleaseId);
    return this.tasks.start(tx, principal, {
      cluster,
      release,
      name: 'update',
      parts: [{ name: 'update', action: 'deploy', nodes }],
    });
  }

  /** The cluster's status stays as it is: that is how an upgrade goes node by node (spec fuel section 3.3). */
  deploy(principal: Principal, clusterId: number, wish: DeploymentWish): Promise<Task> {
    return this.dataSource.transaction((tx) => this.deployWithin(tx, principal, clusterId, wish));
  }

  /** As `deploy`, inside the caller's transaction. */
  async deployWithin(tx: EntityManager, principal: Principal, clusterId: number, wish: DeploymentWish): Promise<Task> {
    const cluster = await lockCluster(tx, clusterId);
    await assertNothingRuns(tx, clusterId, 'Deployment already started');
    const all = await lockNodes(tx, clusterId);
    const nodes = await this.nodesToDeploy(tx, cluster, all, wish.nodeIds);
    assertDeployable(nodes);
    const release = await releaseOf(tx, releaseToDeploy(cluster));
    if (wish.taskNames !== null) assertTaskNames(release.deploymentTasks, wish.taskNames);
    await beginDeployment(tx, cluster, nodes);
    return this.tasks.start(tx, principal, {
      cluster,
      release,
      name: 'deployment',
      parts: [{ name: 'deployment', action: 'deploy', nodes }],
      ...(wish.taskNames === null ? {} : { taskNames: wish.taskNames }),
    });
  }

  provision(principal: Principal, clusterId: number, nodeIds: readonly number[] | null): Promise<Task> {
    return this.dataSource.transaction(async (tx) => {
      const cluster = await lockCluster(tx, clusterId);
      await assertNothingRuns(tx, clusterId, 'Deployment already started');
      const all = await lockNodes(tx, clusterId);
      const nodes = nodeIds === null ? nodesToProvision(all) : await namedNodes(tx, cluster, all, nodeIds);
      if (nodes.length === 0) throw new Invalid(NOTHING_TO_DO);
      const release = await releaseOf(tx, cluster.releaseId);
      if (release.state === 'unavailable') {
        throw new Invalid(`Release '${release.name} ${release.version}' is unavailable!`);
      }
      await beginProvisioning(tx, cluster, nodes);
      return this.tasks.start(tx, principal, {
        cluster,
        release,
        name: 'provision',
        parts: [{ name: 'provision', action: 'provision', nodes }],
      });
    });
  }

  private async nodesToDeploy(
    tx: EntityManager,
    cluster: Cluster,
    all: readonly Node[],
    ids: readonly number[] | null,
  ): Promise<Node[]> {
    const nodes =
      ids === null
        ? nodesToDeploy(cluster, all)
        : withControllers(cluster, all, await namedNodes(tx, cluster, all, ids));
    if (nodes.length === 0) throw new Invalid(NOTHING_TO_DO);
    return nodes;
  }
}

function assertTaskNames(stored: unknown, names: readonly string[]): void {
  const known = new Set(parseDeploymentTasks(stored).map(({ id }) => id));
  const unknown = names.filter((name) => !known.has(name));
  if (unknown.length > 0) throw new Invalid(`Tasks ${unknown.join(', ')} are not present in deployment graph`);
}

import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager, In, Not } from 'typeorm';
import type { Principal } from '../../auth/principal.js';
import { Invalid } from '../../common/errors.js';
import type { Node } from '../../nodes/node.entity.js';
import { Cluster } from '../cluster.entity.js';
import { assertNothingRuns, lockCluster, lockNodes } from '../locked-rows.js';
import { Task } from '../task.entity.js';
import { ClusterTasksService, type TaskPart } from '../tasks/cluster-tasks.service.js';
import { deploymentProblem, nodesToDelete, nodesToDeploy, nodesToProvision } from './node-choice.js';
import { beginDeployment, beginProvisioning, releaseOf } from './started-nodes.js';

/** Starts the deployment of everything that is pending (spec fuel section 3.4). */
@Injectable()
export class ChangesService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly tasks: ClusterTasksService,
  ) {}

  deploy(principal: Principal, clusterId: number): Promise<Task> {
    return this.dataSource.transaction((tx) => this.deployWithin(tx, principal, clusterId));
  }

  /** As `deploy`, inside the caller's transaction. */
  async deployWithin(tx: EntityManager, principal: Principal, clusterId: number): Promise<Task> {
    const cluster = await lockCluster(tx, clusterId);
    await assertNothingRuns(tx, clusterId, 'Deployment already started');
    const nodes = await lockNodes(tx, clusterId);
    const parts = partsOf(cluster, nodes);
    if (parts.length === 0) throw new Invalid('No changes to deploy');
    await tx.delete(Task, {
      clusterId,
      status: Not('running'),
      name: In(['deploy', 'provision', 'deployment', 'node_deletion', 'stop_deployment', 'reset_environment']),
    });
    const release = await releaseOf(tx, cluster.releaseId);
    const problem = deploymentProblem(cluster, nodes, release);
    if (problem !== null) return this.tasks.fail(tx, principal, cluster, 'deploy', problem);
    await tx.update(Cluster, clusterId, { status: 'deployment' });
    await this.begin(tx, cluster, parts);
    return this.tasks.start(tx, principal, { cluster, release, name: 'deploy', parts });
  }

  /** A node that gets a system first is deployed when it has one. */
  private async begin(tx: EntityManager, cluster: Cluster, parts: readonly TaskPart[]): Promise<void> {
    const nodesOf = (name: TaskPart['name']) => parts.find((part) => part.name === name)?.nodes ?? [];
    await beginDeployment(tx, cluster, nodesOf('deployment'));
    await beginProvisioning(tx, cluster, nodesOf('provision'));
  }
}

function partsOf(cluster: Cluster, nodes: readonly Node[]): TaskPart[] {
  const parts: TaskPart[] = [
    { name: 'node_deletion', action: 'delete', nodes: nodesToDelete(nodes) },
    { name: 'provision', action: 'provision', nodes: nodesToProvision(nodes) },
    { name: 'deployment', action: 'deploy', nodes: nodesToDeploy(cluster, nodes) },
  ];
  return parts.filter((part) => part.nodes.length > 0);
}

import { HttpCode, Param, Put, Query } from '@nestjs/common';
import { CurrentPrincipal } from '../../auth/passport/access.decorators.js';
import type { Principal } from '../../auth/principal.js';
import { FuelList } from '../../fuel/fuel-body.js';
import { FuelController } from '../../fuel/fuel-controller.decorator.js';
import { FuelIdPipe } from '../../fuel/fuel-id.pipe.js';
import { IgnoresBody } from '../../http/ignores-body.js';
import { ClustersService } from '../clusters.service.js';
import { ChangesService } from '../starts/changes.service.js';
import { DeploymentsService } from '../starts/deployments.service.js';
import { TeardownService } from '../starts/teardown.service.js';
import { parseNodeIds, toTaskNames } from './clusters.dto.js';
import { type TaskView, toTaskView } from './task.view.js';

const Id = () => Param('id', new FuelIdPipe('Cluster'));

/**
 * What a deployment of single nodes answers: 200, as the contract says, where Nailgun sent 202 (spec fuel section 0, D1).
 * Clients take either.
 */
const DEPLOY_STATUS = 200;

/** Requests that start tasks: spec fuel sections 3.2 to 3.6. That there is no such cluster comes before what is wrong with them. Their bodies are not looked at. */
@FuelController('clusters')
export class DeploymentsController {
  constructor(
    private readonly clusters: ClustersService,
    private readonly deployments: DeploymentsService,
    private readonly changes: ChangesService,
    private readonly teardown: TeardownService,
  ) {}

  @Put(':id/update')
  @HttpCode(202)
  @IgnoresBody()
  async update(@CurrentPrincipal() principal: Principal, @Id() id: number): Promise<TaskView> {
    return toTaskView(await this.deployments.update(principal, id));
  }

  @Put(':id/deploy')
  @HttpCode(DEPLOY_STATUS)
  @IgnoresBody()
  async deploy(
    @CurrentPrincipal() principal: Principal,
    @Id() id: number,
    @Query('nodes') nodes: unknown,
  ): Promise<TaskView> {
    await this.clusters.get(id);
    const wish = { nodeIds: parseNodeIds(nodes), taskNames: null };
    return toTaskView(await this.deployments.deploy(principal, id, wish));
  }

  @Put(':id/deploy_tasks')
  @HttpCode(202)
  async deployTasks(
    @CurrentPrincipal() principal: Principal,
    @Id() id: number,
    @Query('nodes') nodes: unknown,
    @FuelList() body: readonly unknown[],
  ): Promise<TaskView> {
    await this.clusters.get(id);
    const wish = { nodeIds: parseNodeIds(nodes), taskNames: toTaskNames(body) };
    return toTaskView(await this.deployments.deploy(principal, id, wish));
  }

  @Put(':id/provision')
  @HttpCode(202)
  @IgnoresBody()
  async provision(
    @CurrentPrincipal() principal: Principal,
    @Id() id: number,
    @Query('nodes') nodes: unknown,
  ): Promise<TaskView> {
    await this.clusters.get(id);
    return toTaskView(await this.deployments.provision(principal, id, parseNodeIds(nodes)));
  }

  @Put(':id/changes')
  @HttpCode(202)
  @IgnoresBody()
  async deployChanges(@CurrentPrincipal() principal: Principal, @Id() id: number): Promise<TaskView> {
    return toTaskView(await this.changes.deploy(principal, id));
  }

  @Put(':id/stop_deployment')
  @HttpCode(202)
  @IgnoresBody()
  async stop(@CurrentPrincipal() principal: Principal, @Id() id: number): Promise<TaskView> {
    return toTaskView(await this.teardown.stop(principal, id));
  }

  @Put(':id/reset')
  @HttpCode(202)
  @IgnoresBody()
  async reset(@CurrentPrincipal() principal: Principal, @Id() id: number): Promise<TaskView> {
    return toTaskView(await this.teardown.reset(principal, id));
  }
}

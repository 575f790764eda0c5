import { applyDecorators, Delete, Get, Header, HttpCode, Param, Post, Put } from '@nestjs/common';
import { CurrentPrincipal } from '../../auth/passport/access.decorators.js';
import type { Principal } from '../../auth/principal.js';
import { FuelList, FuelObject, type JsonObject } from '../../fuel/fuel-body.js';
import { FuelController } from '../../fuel/fuel-controller.decorator.js';
import { FuelIdPipe } from '../../fuel/fuel-id.pipe.js';
import { IgnoresBody } from '../../http/ignores-body.js';
import { ReleasesService } from '../../releases/releases.service.js';
import { AssignmentService } from '../assignment.service.js';
import type { ClusterAttributes } from '../cluster-attributes.js';
import { ClustersService } from '../clusters.service.js';
import { TeardownService } from '../starts/teardown.service.js';
import { type ClusterView, toClusterView } from './cluster.view.js';
import { toAssignments, toClusterWish, toNewCluster, toNodes } from './clusters.dto.js';

const Id = () => Param('id', new FuelIdPipe('Cluster'));

/** Clients parse every answer as JSON, and nothing at all is not JSON (spec fuel section 1). */
const NULL = 'null';
const AnswersNull = () => applyDecorators(HttpCode(200), Header('content-type', 'application/json; charset=utf-8'));

/** Clusters, their nodes and their settings: spec fuel sections 3.1, 3.7 and 3.8. */
@FuelController('clusters')
export class ClustersController {
  constructor(
    private readonly clusters: ClustersService,
    private readonly assignment: AssignmentService,
    private readonly teardown: TeardownService,
    private readonly releases: ReleasesService,
  ) {}

  @Get()
  async list(): Promise<ClusterView[]> {
    return (await this.clusters.list()).map(toClusterView);
  }

  @Post()
  async create(@CurrentPrincipal() principal: Principal, @FuelObject() body: JsonObject): Promise<ClusterView> {
    return toClusterView(await this.clusters.create(principal, toNewCluster(body)));
  }

  @Get(':id')
  async get(@Id() id: number): Promise<ClusterView> {
    return toClusterView(await this.clusters.get(id));
  }

  @Put(':id')
  async update(
    @CurrentPrincipal() principal: Principal,
    @Id() id: number,
    @FuelObject() body: JsonObject,
  ): Promise<ClusterView> {
    return toClusterView(await this.clusters.update(principal, id, toClusterWish(body)));
  }

  @Delete(':id')
  @HttpCode(202)
  @IgnoresBody()
  async remove(@CurrentPrincipal() principal: Principal, @Id() id: number): Promise<Record<string, never>> {
    await this.teardown.remove(principal, id);
    return {};
  }

  @Post(':id/assignment')
  @AnswersNull()
  async assign(
    @CurrentPrincipal() principal: Principal,
    @Id() id: number,
    @FuelList() body: readonly unknown[],
  ): Promise<string> {
    await this.assignment.assign(principal, id, toAssignments(body));
    return NULL;
  }

  @Post(':id/unassignment')
  @AnswersNull()
  async unassign(
    @CurrentPrincipal() principal: Principal,
    @Id() id: number,
    @FuelList() body: readonly unknown[],
  ): Promise<string> {
    await this.assignment.unassign(principal, id, toNodes(body));
    return NULL;
  }

  @Get(':id/attributes')
  attributes(@Id() id: number): Promise<ClusterAttributes> {
    return this.clusters.attributes(id);
  }

  @Put(':id/attributes')
  setAttributes(
    @CurrentPrincipal() principal: Principal,
    @Id() id: number,
    @FuelObject() body: JsonObject,
  ): Promise<ClusterAttributes> {
    return this.clusters.setAttributes(principal, id, body);
  }

  @Get(':id/attributes/defaults')
  defaultAttributes(@Id() id: number): Promise<ClusterAttributes> {
    return this.clusters.defaultAttributes(id);
  }

  @Put(':id/attributes/defaults')
  @IgnoresBody()
  resetAttributes(@CurrentPrincipal() principal: Principal, @Id() id: number): Promise<ClusterAttributes> {
    return this.clusters.setAttributes(principal, id, null);
  }

  /** Those of its release: a cluster has none of its own. */
  @Get(':id/deployment_tasks')
  async deploymentTasks(@Id() id: number): Promise<Record<string, unknown>[]> {
    const { cluster } = await this.clusters.get(id);
    return (await this.releases.get(cluster.releaseId)).deploymentTasks;
  }
}

import { Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { CurrentPrincipal } from '../../auth/passport/access.decorators.js';
import type { Principal } from '../../auth/principal.js';
import { Invalid } from '../../common/errors.js';
import { SecretBox } from '../../config/secret-box.js';
import { FuelList, FuelObject, type JsonObject } from '../../fuel/fuel-body.js';
import { FuelController } from '../../fuel/fuel-controller.decorator.js';
import { FuelIdPipe } from '../../fuel/fuel-id.pipe.js';
import { PublicRoute } from '../../fuel/public-route.js';
import { AgentReportsService } from '../agent-reports.service.js';
import { NodesService } from '../nodes.service.js';
import { toAgentReport, toClusterFilter, toIds, toNewNode, toNodeChanges, toNodeUpdate } from './nodes.dto.js';
import { type NodeView, toFullNodeView, toNodeView } from './nodes.view.js';

const Id = () => Param('id', new FuelIdPipe('Node'));

/** Spec fuel section 3.10. */
@FuelController('nodes')
export class NodesController {
  constructor(
    private readonly nodes: NodesService,
    private readonly reports: AgentReportsService,
    private readonly secrets: SecretBox,
  ) {}

  @Get()
  async list(@Query('cluster_id') clusterId: unknown): Promise<NodeView[]> {
    return (await this.nodes.list(toClusterFilter(clusterId))).map(toFullNodeView);
  }

  @Post()
  @PublicRoute()
  async create(@CurrentPrincipal() principal: Principal, @FuelObject() body: JsonObject): Promise<NodeView> {
    const node = await this.nodes.create(principal, toNewNode(body, principal, this.secrets));
    return principal.source === 'public' ? toNodeView(node) : toFullNodeView(node);
  }

  @Put()
  async updateMany(
    @CurrentPrincipal() principal: Principal,
    @FuelList() body: readonly unknown[],
  ): Promise<NodeView[]> {
    return (await this.nodes.updateMany(principal, toNodeChanges(body, principal, this.secrets))).map(toFullNodeView);
  }

  @Delete()
  async removeMany(
    @CurrentPrincipal() principal: Principal,
    @Query('ids') ids: unknown,
  ): Promise<Record<string, never>> {
    await this.nodes.removeMany(principal, toIds(ids), 'NodeCollection not found');
    return {};
  }

  @Put('agent')
  @PublicRoute()
  report(@CurrentPrincipal() principal: Principal, @FuelObject() body: JsonObject): Promise<{ id: number }> {
    return this.reports.take(principal, toAgentReport(body));
  }

  @Get('allocation/stats')
  stats(): Promise<{ total: number; unallocated: number }> {
    return this.nodes.counts();
  }

  @Get(':id')
  async get(@Id() id: number): Promise<NodeView> {
    return toFullNodeView(await this.nodes.get(id));
  }

  @Put(':id')
  async update(
    @CurrentPrincipal() principal: Principal,
    @Id() id: number,
    @FuelObject() body: JsonObject,
  ): Promise<NodeView> {
    const change = toNodeUpdate(body, principal, this.secrets);
    if (change.id !== undefined && change.id !== id) throw new Invalid('Invalid ID specified');
    return toFullNodeView(await this.nodes.update(principal, id, change));
  }

  @Delete(':id')
  @HttpCode(204)
  remove(@CurrentPrincipal() principal: Principal, @Id() id: number): Promise<void> {
    return this.nodes.removeMany(principal, [id], 'Node not found');
  }
}

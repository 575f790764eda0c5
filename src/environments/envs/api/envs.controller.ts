import { Delete, Get, Param, Post, Put, Query } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { CurrentPrincipal } from '../../../auth/passport/access.decorators.js';
import type { Principal } from '../../../auth/principal.js';
import { IgnoresBody } from '../../../http/ignores-body.js';
import { AccessService } from '../../access/access.service.js';
import { GenesisObject, type JsonObject } from '../../wire/genesis-body.js';
import { GenesisController } from '../../wire/genesis-controller.decorator.js';
import { GenesisId } from '../../wire/genesis-id.pipe.js';
import { Address, collection, link, type Link } from '../../wire/genesis-links.js';
import { success, type SuccessBody } from '../../wire/genesis-result.js';
import { DetailsService } from '../details.service.js';
import { EnvironmentAccess } from '../environment-access.service.js';
import { listEnvironments } from '../environment-rows.js';
import { EnvironmentsService } from '../environments.service.js';
import { WorkflowRuns } from '../workflow-runs.service.js';
import { toDetailsView, toEnvironmentView, type EnvironmentDetailsView, type EnvironmentView } from './env.view.js';
import { rightsOf } from './env-rights.js';
import { toNewEnvironment, toNewName } from './envs.dto.js';
import { refuseNestedParameters, toOrder, toStatuses } from './environment-query.js';

/** Environments: listed, made, looked at, renamed and destroyed (spec environments section 2.1). */
@GenesisController('projects/:projectId/envs')
export class EnvsController {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly access: AccessService,
    private readonly reached: EnvironmentAccess,
    private readonly environments: EnvironmentsService,
    private readonly details: DetailsService,
    private readonly runs: WorkflowRuns,
  ) {}

  @Get()
  async list(
    @CurrentPrincipal() principal: Principal,
    @Param('projectId', GenesisId) projectId: number,
    @Query() query: Readonly<Record<string, unknown>>,
    @Address() address: string,
  ): Promise<{ items: readonly EnvironmentView[]; links: Link[] }> {
    const access = await this.access.inProject(principal, projectId);
    refuseNestedParameters(query);
    const { filter, sorting } = query;
    const rows = await listEnvironments(this.dataSource.manager, projectId, toStatuses(filter), toOrder(sorting));
    const items = rows
      .filter(({ id }) => access.may('env.read', { environmentId: id }))
      .map((row) => toEnvironmentView(row, address));
    const path = `${address}/rest/projects/${projectId}/envs`;
    return collection(items, [link('self', path, 'Environment', { get: true, post: access.may('env.create') })]);
  }

  @Post()
  async create(
    @CurrentPrincipal() principal: Principal,
    @Param('projectId', GenesisId) projectId: number,
    @GenesisObject() body: JsonObject,
  ): Promise<SuccessBody> {
    const access = await this.access.inProject(principal, projectId, 'env.create');
    return success(await this.environments.create(principal, access, toNewEnvironment(body)));
  }

  @Get(':envId')
  async get(
    @CurrentPrincipal() principal: Principal,
    @Param('projectId', GenesisId) projectId: number,
    @Param('envId', GenesisId) id: number,
    @Address() address: string,
  ): Promise<EnvironmentDetailsView> {
    const reached = await this.reached.reach(principal, projectId, id, 'env.read');
    const details = await this.details.get(id);
    return toDetailsView(reached.environment, details, rightsOf(reached), address, new Date());
  }

  @Put(':envId')
  async rename(
    @CurrentPrincipal() principal: Principal,
    @Param('projectId', GenesisId) projectId: number,
    @Param('envId', GenesisId) id: number,
    @GenesisObject() body: JsonObject,
  ): Promise<SuccessBody> {
    await this.reached.reach(principal, projectId, id, 'env.write');
    await this.environments.rename(principal, id, toNewName(body));
    return success(1);
  }

  @Delete(':envId')
  @IgnoresBody()
  async destroy(
    @CurrentPrincipal() principal: Principal,
    @Param('projectId', GenesisId) projectId: number,
    @Param('envId', GenesisId) id: number,
  ): Promise<SuccessBody> {
    await this.reached.reach(principal, projectId, id, 'env.write');
    return success(await this.runs.destroy(principal, id));
  }
}

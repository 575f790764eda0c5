import { Delete, Get, HttpCode, Param, Post, Put } from '@nestjs/common';
import { CurrentPrincipal } from '../../auth/passport/access.decorators.js';
import type { Principal } from '../../auth/principal.js';
import { NotFound } from '../../common/errors.js';
import { FuelList, FuelObject, type JsonObject } from '../../fuel/fuel-body.js';
import { FuelController } from '../../fuel/fuel-controller.decorator.js';
import { FuelIdPipe } from '../../fuel/fuel-id.pipe.js';
import { ReleasesService } from '../releases.service.js';
import { toDeploymentTasks, toNewRelease, toReleaseWish } from './releases.dto.js';
import { type ReleaseView, type RoleView, toReleaseView, toRoleViews } from './releases.view.js';

const Id = () => Param('id', new FuelIdPipe('Release'));

/** Spec fuel section 3.9. */
@FuelController('releases')
export class ReleasesController {
  constructor(private readonly releases: ReleasesService) {}

  @Get()
  async list(): Promise<ReleaseView[]> {
    return (await this.releases.list()).map(toReleaseView);
  }

  @Post()
  async create(@CurrentPrincipal() principal: Principal, @FuelObject() body: JsonObject): Promise<ReleaseView> {
    return toReleaseView(await this.releases.create(principal, toNewRelease(body)));
  }

  @Get(':id')
  async get(@Id() id: number): Promise<ReleaseView> {
    return toReleaseView(await this.releases.get(id));
  }

  @Put(':id')
  async update(
    @CurrentPrincipal() principal: Principal,
    @Id() id: number,
    @FuelObject() body: JsonObject,
  ): Promise<ReleaseView> {
    return toReleaseView(await this.releases.update(principal, id, toReleaseWish(body)));
  }

  @Delete(':id')
  @HttpCode(204)
  remove(@CurrentPrincipal() principal: Principal, @Id() id: number): Promise<void> {
    return this.releases.remove(principal, id);
  }

  @Get(':id/roles')
  async roles(@Id() id: number): Promise<RoleView[]> {
    return toRoleViews(await this.releases.get(id));
  }

  @Get(':id/roles/:name')
  async role(@Id() id: number, @Param('name') name: string): Promise<RoleView> {
    const role = toRoleViews(await this.releases.get(id)).find((each) => each.name === name);
    if (role === undefined) throw new NotFound('Role is not found for the release');
    return role;
  }

  @Get(':id/deployment_tasks')
  async deploymentTasks(@Id() id: number): Promise<Record<string, unknown>[]> {
    return (await this.releases.get(id)).deploymentTasks;
  }

  @Put(':id/deployment_tasks')
  async setDeploymentTasks(
    @CurrentPrincipal() principal: Principal,
    @Id() id: number,
    @FuelList() body: readonly unknown[],
  ): Promise<Record<string, unknown>[]> {
    const deploymentTasks = toDeploymentTasks(body);
    return (await this.releases.update(principal, id, { deploymentTasks })).deploymentTasks;
  }
}

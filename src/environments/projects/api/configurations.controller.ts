import { Delete, Get, Param, Post, Put, Query } from '@nestjs/common';
import { CurrentPrincipal } from '../../../auth/passport/access.decorators.js';
import type { Principal } from '../../../auth/principal.js';
import { IgnoresBody } from '../../../http/ignores-body.js';
import { AccessService } from '../../access/access.service.js';
import { GenesisObject, type JsonObject } from '../../wire/genesis-body.js';
import { GenesisController } from '../../wire/genesis-controller.decorator.js';
import { GenesisId } from '../../wire/genesis-id.pipe.js';
import { Address, collection, link, linksOf } from '../../wire/genesis-links.js';
import { success } from '../../wire/genesis-result.js';
import { ConfigurationsService } from '../configurations.service.js';
import {
  configurationPath,
  toConfigurationLinks,
  toConfigurationView,
  toConfigurationWish,
} from './configuration.view.js';
import { projectPath } from './project.view.js';
import { nameOrder } from './sorting.js';
import { toNames, toUnknownNames } from './subjects.dto.js';

const ProjectId = () => Param('projectId', GenesisId);
const Id = () => Param('id', GenesisId);

/** The configurations of a project and who may use them (spec environments section 2.2). */
@GenesisController('projects/:projectId/configs')
export class ConfigurationsController {
  constructor(
    private readonly configurations: ConfigurationsService,
    private readonly access: AccessService,
  ) {}

  @Get()
  async list(
    @CurrentPrincipal() principal: Principal,
    @Address() address: string,
    @ProjectId() projectId: number,
    @Query('sorting') sorting: unknown,
  ) {
    const access = await this.access.inProject(principal, projectId);
    const all = await this.configurations.list(projectId, nameOrder(sorting) === 'descending');
    const items = all
      .filter(({ configuration: { id } }) => access.may('config.read', { configurationId: id }))
      .map((each) => ({
        ...toConfigurationView(each),
        links: toConfigurationLinks(address, access, each.configuration.id),
      }));
    const verbs = { get: true, post: access.may('config.write') };
    return collection(items, [link('self', `${projectPath(address, projectId)}/configs`, 'Configuration', verbs)]);
  }

  @Post()
  async create(
    @CurrentPrincipal() principal: Principal,
    @ProjectId() projectId: number,
    @GenesisObject() body: JsonObject,
  ) {
    await this.access.inProject(principal, projectId, 'config.write');
    const configuration = await this.configurations.create(principal, projectId, toConfigurationWish(body));
    return success(toConfigurationView({ configuration, instanceCount: 0 }));
  }

  @Get(':id')
  async get(
    @CurrentPrincipal() principal: Principal,
    @Address() address: string,
    @ProjectId() projectId: number,
    @Id() id: number,
  ) {
    const access = await this.access.inProject(principal, projectId);
    access.assert('config.read', { configurationId: id });
    const found = await this.configurations.get(projectId, id);
    return { ...toConfigurationView(found), links: toConfigurationLinks(address, access, id) };
  }

  @Put(':id')
  async update(
    @CurrentPrincipal() principal: Principal,
    @ProjectId() projectId: number,
    @Id() id: number,
    @GenesisObject() body: JsonObject,
  ) {
    await this.access.inProject(principal, projectId, 'config.write');
    await this.configurations.update(principal, projectId, id, toConfigurationWish(body));
    return success(toConfigurationView(await this.configurations.get(projectId, id)));
  }

  @Delete(':id')
  @IgnoresBody()
  async remove(@CurrentPrincipal() principal: Principal, @ProjectId() projectId: number, @Id() id: number) {
    await this.access.inProject(principal, projectId, 'config.write');
    await this.configurations.remove(principal, projectId, id);
    return success(id);
  }

  @Get(':id/access')
  async granted(
    @CurrentPrincipal() principal: Principal,
    @Address() address: string,
    @ProjectId() projectId: number,
    @Id() id: number,
  ) {
    const access = await this.access.inProject(principal, projectId, 'config.access');
    await this.configurations.get(projectId, id);
    const verbs = { get: true, put: access.may('config.write') };
    const self = link('self', `${configurationPath(address, projectId, id)}/access`, 'Access', verbs);
    return { ...(await this.configurations.granted(id)), links: linksOf([self]) };
  }

  @Put(':id/access')
  async grant(
    @CurrentPrincipal() principal: Principal,
    @ProjectId() projectId: number,
    @Id() id: number,
    @GenesisObject() body: JsonObject,
  ) {
    await this.access.inProject(principal, projectId, 'config.write');
    const { users, groups } = toNames(body);
    return success(toUnknownNames(await this.configurations.grant(principal, projectId, id, users, groups)));
  }
}

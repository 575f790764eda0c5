import { Delete, Get, Param, Post, Put, Query } from '@nestjs/common';
import { CurrentPrincipal } from '../../../auth/passport/access.decorators.js';
import type { Principal } from '../../../auth/principal.js';
import { IgnoresBody } from '../../../http/ignores-body.js';
import { AccessService } from '../../access/access.service.js';
import { given, GenesisObject, type JsonObject, optionalTextOf, required, textOf } from '../../wire/genesis-body.js';
import { GenesisController } from '../../wire/genesis-controller.decorator.js';
import { GenesisId } from '../../wire/genesis-id.pipe.js';
import { Address, collection, link, linksOf } from '../../wire/genesis-links.js';
import { success } from '../../wire/genesis-result.js';
import { type ProjectWish, ProjectsService } from '../projects.service.js';
import { PROJECT_ROLE_NAMES, toProjectRoleName } from './project-roles.js';
import { projectPath, toProjectLinks, toProjectView, toSelfLink } from './project.view.js';
import { nameOrder } from './sorting.js';

const ProjectId = () => Param('projectId', GenesisId);

/** Projects (spec environments section 2.2). */
@GenesisController('projects')
export class ProjectsController {
  constructor(
    private readonly projects: ProjectsService,
    private readonly access: AccessService,
  ) {}

  @Get()
  async list(@CurrentPrincipal() principal: Principal, @Address() address: string, @Query('sorting') sorting: unknown) {
    const projects = await this.projects.list(principal, nameOrder(sorting) === 'descending');
    const owned = new Set(principal.role === 'operator' ? await this.access.projectIdsOf(principal, 'admin') : []);
    const isAdministrator = await this.access.maySystem(principal, 'system.write');
    const items = projects.map((project) => {
      const writes = isAdministrator || (principal.writeEnabled && owned.has(project.id));
      return { ...toProjectView(project), links: linksOf([toSelfLink(address, project.id, writes)]) };
    });
    const post = await this.access.maySystem(principal, 'projects.create');
    return collection(items, [link('self', `${address}/rest/projects`, 'Project', { get: true, post })]);
  }

  @Post()
  async create(@CurrentPrincipal() principal: Principal, @GenesisObject() body: JsonObject) {
    await this.access.assertSystem(principal, 'projects.create');
    return success(toProjectView(await this.projects.create(principal, toWish(body))));
  }

  @Get(':projectId')
  async get(@CurrentPrincipal() principal: Principal, @Address() address: string, @ProjectId() id: number) {
    const access = await this.access.inProject(principal, id);
    return { ...toProjectView(access.project), links: toProjectLinks(address, access) };
  }

  @Put(':projectId')
  async update(@CurrentPrincipal() principal: Principal, @ProjectId() id: number, @GenesisObject() body: JsonObject) {
    await this.access.inProject(principal, id, 'project.write');
    return success(toProjectView(await this.projects.update(principal, id, toWish(body))));
  }

  @Delete(':projectId')
  @IgnoresBody()
  async remove(@CurrentPrincipal() principal: Principal, @ProjectId() id: number) {
    await this.access.inProject(principal, id, 'project.write');
    await this.projects.remove(principal, id);
    return success(id);
  }

  /** The caller's roles in the project; administrators and readers of the system have both. */
  @Get(':projectId/permissions')
  async permissions(@CurrentPrincipal() principal: Principal, @ProjectId() id: number): Promise<readonly string[]> {
    const { roles } = await this.access.inProject(principal, id);
    return principal.role === 'operator' ? [...roles].map(toProjectRoleName).sort() : PROJECT_ROLE_NAMES;
  }

  /** Where the properties of a project are found. */
  @Get(':projectId/settings')
  async settings(@CurrentPrincipal() principal: Principal, @Address() address: string, @ProjectId() id: number) {
    const access = await this.access.inProject(principal, id, 'project.settings');
    const path = projectPath(address, id);
    return collection(
      [],
      [
        link('self', `${path}/settings`, 'SystemSettings'),
        link('collection', `${path}/roles`, 'ApplicationRole', { get: access.may('project.roles') }),
        link('collection', `${path}/configs`, 'Configuration', { get: true, post: access.may('config.write') }),
      ],
    );
  }
}

function toWish(body: JsonObject): ProjectWish {
  return {
    name: textOf(required(body, 'name')),
    projectManager: textOf(required(body, 'projectManager')),
    description: optionalTextOf(given(body, 'description')),
  };
}

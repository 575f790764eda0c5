import { Get, Param, Put } from '@nestjs/common';
import { CurrentPrincipal } from '../../../auth/passport/access.decorators.js';
import type { Principal } from '../../../auth/principal.js';
import { AccessService } from '../../access/access.service.js';
import { GenesisObject, type JsonObject } from '../../wire/genesis-body.js';
import { GenesisController } from '../../wire/genesis-controller.decorator.js';
import { GenesisId } from '../../wire/genesis-id.pipe.js';
import { Address, collection, link, linksOf } from '../../wire/genesis-links.js';
import { success } from '../../wire/genesis-result.js';
import { ProjectMembersService } from '../project-members.service.js';
import { PROJECT_ROLE_NAMES, toProjectRole } from './project-roles.js';
import { projectPath } from './project.view.js';
import { toNames, toUnknownNames } from './subjects.dto.js';

const ProjectId = () => Param('projectId', GenesisId);

/** Who is what in a project (spec environments section 2.2). */
@GenesisController('projects/:projectId/roles')
export class ProjectRolesController {
  constructor(
    private readonly members: ProjectMembersService,
    private readonly access: AccessService,
  ) {}

  @Get()
  async list(@CurrentPrincipal() principal: Principal, @Address() address: string, @ProjectId() id: number) {
    const access = await this.access.inProject(principal, id, 'project.roles');
    const path = `${projectPath(address, id)}/roles`;
    const put = access.may('project.write');
    const items = PROJECT_ROLE_NAMES.map((name) => ({
      name,
      links: linksOf([link('self', `${path}/${name}`, 'ApplicationRole', { get: true, put })]),
    }));
    return collection(items, [link('self', path, 'ApplicationRole')]);
  }

  @Get(':role')
  async get(
    @CurrentPrincipal() principal: Principal,
    @Address() address: string,
    @ProjectId() id: number,
    @Param('role') name: string,
  ) {
    const access = await this.access.inProject(principal, id, 'project.roles');
    const members = await this.members.get(id, toProjectRole(name));
    const verbs = { get: true, put: access.may('project.write') };
    const self = link('self', `${projectPath(address, id)}/roles/${name}`, 'ApplicationRole', verbs);
    return { name, ...members, links: linksOf([self]) };
  }

  @Put(':role')
  async replace(
    @CurrentPrincipal() principal: Principal,
    @ProjectId() id: number,
    @Param('role') name: string,
    @GenesisObject() body: JsonObject,
  ) {
    const { project } = await this.access.inProject(principal, id, 'project.write');
    const { users, groups } = toNames(body);
    return success(toUnknownNames(await this.members.replace(principal, project, toProjectRole(name), users, groups)));
  }
}

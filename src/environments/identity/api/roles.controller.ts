import { Get, Param, Put } from '@nestjs/common';
import { CurrentPrincipal } from '../../../auth/passport/access.decorators.js';
import type { Principal } from '../../../auth/principal.js';
import { AccessService } from '../../access/access.service.js';
import { given, GenesisObject, type JsonObject, namesOf, required } from '../../wire/genesis-body.js';
import { GenesisController } from '../../wire/genesis-controller.decorator.js';
import { Address, collection, link, linksOf } from '../../wire/genesis-links.js';
import { refused, success } from '../../wire/genesis-result.js';
import { SYSTEM_ROLE_NAMES, toSystemRole } from '../system-roles.js';
import { SystemRolesService } from '../system-roles.service.js';

/** The roles in all of Slipway, and who has them (spec environments section 2.2). */
@GenesisController('roles')
export class RolesController {
  constructor(
    private readonly roles: SystemRolesService,
    private readonly access: AccessService,
  ) {}

  @Get()
  async list(@CurrentPrincipal() principal: Principal, @Address() address: string) {
    await this.access.assertSystem(principal, 'system.read');
    const put = await this.access.maySystem(principal, 'system.write');
    const path = `${address}/rest/roles`;
    const items = SYSTEM_ROLE_NAMES.map((name) => ({
      name,
      links: linksOf([link('self', `${path}/${name}`, 'ApplicationRole', { get: true, put })]),
    }));
    return collection(items, [link('self', path, 'ApplicationRole')]);
  }

  /** Groups have no roles of this kind: no other dialect would know of them. */
  @Get(':role')
  async get(@CurrentPrincipal() principal: Principal, @Param('role') name: string) {
    await this.access.assertSystem(principal, 'system.read');
    return { name, users: await this.roles.holders(toSystemRole(name)), groups: [] };
  }

  @Put(':role')
  async replace(
    @CurrentPrincipal() principal: Principal,
    @Param('role') name: string,
    @GenesisObject() body: JsonObject,
  ) {
    await this.access.assertSystem(principal, 'system.write');
    const role = toSystemRole(name);
    if (namesOf(given(body, 'groups')).length > 0) {
      throw refused({ compoundServiceErrors: ['System roles are given to users, not to groups'] });
    }
    const nonExistentUsers = await this.roles.replaceHolders(principal, role, namesOf(required(body, 'users')));
    return success({ nonExistentUsers, nonExistentGroups: [] });
  }
}

import { Delete, Get, Param, Post, Put, Query } from '@nestjs/common';
import { CurrentPrincipal } from '../../../auth/passport/access.decorators.js';
import type { Principal } from '../../../auth/principal.js';
import { IgnoresBody } from '../../../http/ignores-body.js';
import { AccessService } from '../../access/access.service.js';
import { GenesisList, GenesisObject, type JsonObject, namesOf } from '../../wire/genesis-body.js';
import { GenesisController } from '../../wire/genesis-controller.decorator.js';
import { Address, collection, link } from '../../wire/genesis-links.js';
import { success } from '../../wire/genesis-result.js';
import { GenesisUsersService } from '../genesis-users.service.js';
import { GroupsService } from '../groups.service.js';
import { SystemRolesService } from '../system-roles.service.js';
import { toSystemRole, toSystemRoleName } from '../system-roles.js';
import { toGroupView, toProfileWish, toUserChoice, toUserLinks, toUserView, toUserWish } from './user.view.js';

interface UsersQuery {
  readonly available?: unknown;
  readonly tag?: unknown;
}

/** Users, their roles and groups (spec environments section 2.2). */
@GenesisController('users')
export class UsersController {
  constructor(
    private readonly users: GenesisUsersService,
    private readonly groups: GroupsService,
    private readonly roles: SystemRolesService,
    private readonly access: AccessService,
  ) {}

  /** With `?available` only whether there is such a list, with `?tag=` the names that begin so. */
  @Get()
  async list(@CurrentPrincipal() principal: Principal, @Address() address: string, @Query() query: UsersQuery) {
    await this.access.assertSystem(principal, 'users.list');
    if (query.available !== undefined) return true;
    if (typeof query.tag === 'string') return (await this.users.search(query.tag)).map(toUserChoice);
    const writes = await this.access.maySystem(principal, 'system.write');
    const items = (await this.users.list()).map((user) => ({
      ...toUserView(user),
      links: toUserLinks(address, user.username, writes),
    }));
    return collection(items, [link('self', `${address}/rest/users`, 'User', { get: true, post: writes })]);
  }

  @Post()
  async create(@CurrentPrincipal() principal: Principal, @GenesisObject() body: JsonObject) {
    await this.access.assertSystem(principal, 'system.write');
    return success(toUserView(await this.users.create(principal, toUserWish(body))));
  }

  @Get(':username')
  async get(@CurrentPrincipal() principal: Principal, @Address() address: string, @Param('username') username: string) {
    await this.access.assertSystem(principal, 'system.read');
    const user = await this.users.get(username);
    const writes = await this.access.maySystem(principal, 'system.write');
    return { ...toUserView(user), links: toUserLinks(address, user.username, writes) };
  }

  @Put(':username')
  async update(
    @CurrentPrincipal() principal: Principal,
    @Param('username') username: string,
    @GenesisObject() body: JsonObject,
  ) {
    await this.access.assertSystem(principal, 'system.write');
    return success(toUserView(await this.users.update(principal, username, toProfileWish(body))));
  }

  @Delete(':username')
  @IgnoresBody()
  async remove(@CurrentPrincipal() principal: Principal, @Param('username') username: string) {
    await this.access.assertSystem(principal, 'system.write');
    await this.users.remove(principal, username);
    return success();
  }

  @Get(':username/groups')
  async groupsOf(@CurrentPrincipal() principal: Principal, @Param('username') username: string) {
    await this.access.assertSystem(principal, 'system.read');
    const { id } = await this.users.account(username);
    return (await this.groups.groupsOf(id)).map(toGroupView);
  }

  @Get(':username/roles')
  async rolesOf(@CurrentPrincipal() principal: Principal, @Param('username') username: string) {
    await this.access.assertSystem(principal, 'system.read');
    return this.roles.rolesOf(await this.users.account(username)).map(toSystemRoleName);
  }

  @Put(':username/roles')
  async setRoles(
    @CurrentPrincipal() principal: Principal,
    @Param('username') username: string,
    @GenesisList() body: readonly unknown[],
  ) {
    await this.access.assertSystem(principal, 'system.write');
    const user = await this.users.account(username);
    await this.roles.setRolesOf(principal, user, namesOf(body).map(toSystemRole));
    return success();
  }
}

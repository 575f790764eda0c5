import { Delete, Get, Param, Post, Put, Query } from '@nestjs/common';
import { CurrentPrincipal } from '../../../auth/passport/access.decorators.js';
import type { Principal } from '../../../auth/principal.js';
import { IgnoresBody } from '../../../http/ignores-body.js';
import { AccessService } from '../../access/access.service.js';
import { GenesisObject, type JsonObject, required, textOf } from '../../wire/genesis-body.js';
import { GenesisController } from '../../wire/genesis-controller.decorator.js';
import { GenesisId } from '../../wire/genesis-id.pipe.js';
import { Address, collection, link } from '../../wire/genesis-links.js';
import { success } from '../../wire/genesis-result.js';
import { GroupsService } from '../groups.service.js';
import { toGroupLinks, toGroupView, toGroupWish } from './user.view.js';

const Id = () => Param('id', GenesisId);

interface GroupsQuery {
  readonly available?: unknown;
  readonly tag?: unknown;
}

/** Groups of users (spec environments section 2.2). */
@GenesisController('groups')
export class GroupsController {
  constructor(
    private readonly groups: GroupsService,
    private readonly access: AccessService,
  ) {}

  @Get()
  async list(@CurrentPrincipal() principal: Principal, @Address() address: string, @Query() query: GroupsQuery) {
    await this.access.assertSystem(principal, 'users.list');
    if (query.available !== undefined) return true;
    const groups = await this.groups.list();
    const { tag } = query;
    if (typeof tag === 'string') {
      return groups.filter(({ name }) => name.includes(tag)).map(({ name }) => ({ key: name, value: name }));
    }
    const writes = await this.access.maySystem(principal, 'system.write');
    const items = groups.map((group) => ({ ...toGroupView(group), links: toGroupLinks(address, group.id, writes) }));
    return collection(items, [link('self', `${address}/rest/groups`, 'UserGroup', { get: true, post: writes })]);
  }

  @Post()
  async create(@CurrentPrincipal() principal: Principal, @GenesisObject() body: JsonObject) {
    await this.access.assertSystem(principal, 'system.write');
    return success(toGroupView(await this.groups.create(principal, toGroupWish(body))));
  }

  @Get(':id')
  async get(@CurrentPrincipal() principal: Principal, @Address() address: string, @Id() id: number) {
    await this.access.assertSystem(principal, 'system.read');
    const group = await this.groups.get(id);
    const writes = await this.access.maySystem(principal, 'system.write');
    return { ...toGroupView(group), links: toGroupLinks(address, id, writes) };
  }

  @Put(':id')
  async update(@CurrentPrincipal() principal: Principal, @Id() id: number, @GenesisObject() body: JsonObject) {
    await this.access.assertSystem(principal, 'system.write');
    return success(toGroupView(await this.groups.update(principal, id, toGroupWish(body))));
  }

  @Delete(':id')
  @IgnoresBody()
  async remove(@CurrentPrincipal() principal: Principal, @Id() id: number) {
    await this.access.assertSystem(principal, 'system.write');
    await this.groups.remove(principal, id);
    return success();
  }

  @Get(':id/users')
  async users(@CurrentPrincipal() principal: Principal, @Id() id: number): Promise<readonly { username: string }[]> {
    await this.access.assertSystem(principal, 'system.read');
    return (await this.groups.memberNames(id)).map((username) => ({ username }));
  }

  @Post(':id/users')
  async addUser(@CurrentPrincipal() principal: Principal, @Id() id: number, @GenesisObject() body: JsonObject) {
    await this.access.assertSystem(principal, 'system.write');
    await this.groups.changeMember(principal, id, textOf(required(body, 'username')), true);
    return success();
  }

  @Delete(':id/users')
  async removeUser(@CurrentPrincipal() principal: Principal, @Id() id: number, @GenesisObject() body: JsonObject) {
    await this.access.assertSystem(principal, 'system.write');
    await this.groups.changeMember(principal, id, textOf(required(body, 'username')), false);
    return success();
  }
}

import { Body, Delete, Get, HttpCode, Param, Patch, Post, Put, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { CurrentPrincipal, RequireRole } from '../../../auth/passport/access.decorators.js';
import type { Principal } from '../../../auth/principal.js';
import { UsersService } from '../../../auth/users.service.js';
import { BodyPipe } from '../../drf/body.pipe.js';
import { IdPipe } from '../../drf/id.pipe.js';
import { pageBody, type PageBody, type QueryValues } from '../../drf/page.js';
import { urlOf } from '../../../http/request-url.js';
import { UpgradeController } from '../../drf/upgrade-controller.decorator.js';
import { IdentityLists } from '../identity-lists.service.js';
import { NewUserBody, PasswordBody, toNewUser, toUserChange, UserBody } from './users.dto.js';
import { toUserView, type UserView } from './users.view.js';

@UpgradeController('users/users')
@RequireRole('admin')
export class UsersController {
  constructor(
    private readonly users: UsersService,
    private readonly lists: IdentityLists,
  ) {}

  @Get()
  async list(@Query() query: QueryValues, @Req() request: FastifyRequest): Promise<PageBody<UserView>> {
    const { page, count, rows } = await this.lists.users(query);
    return pageBody(urlOf(request), page, count, rows.map(toUserView));
  }

  @Get(':id')
  async get(@Param('id', IdPipe) id: number): Promise<UserView> {
    return toUserView(await this.users.get(id));
  }

  @Post()
  async create(
    @CurrentPrincipal() principal: Principal,
    @Body(new BodyPipe(NewUserBody)) body: NewUserBody,
  ): Promise<UserView> {
    return toUserView(await this.users.create(principal, toNewUser(body)));
  }

  @Put(':id')
  async replace(
    @CurrentPrincipal() principal: Principal,
    @Param('id', IdPipe) id: number,
    @Body(new BodyPipe(UserBody)) body: UserBody,
  ): Promise<UserView> {
    return toUserView(await this.users.change(principal, id, toUserChange(body)));
  }

  @Patch(':id')
  async change(
    @CurrentPrincipal() principal: Principal,
    @Param('id', IdPipe) id: number,
    @Body(new BodyPipe(UserBody, { partial: true })) body: UserBody,
  ): Promise<UserView> {
    return toUserView(await this.users.change(principal, id, toUserChange(body)));
  }

  @Delete(':id')
  @HttpCode(204)
  async remove(@CurrentPrincipal() principal: Principal, @Param('id', IdPipe) id: number): Promise<void> {
    await this.users.remove(principal, id);
  }

  @Post(':id/set_password')
  @HttpCode(200)
  async setPassword(
    @CurrentPrincipal() principal: Principal,
    @Param('id', IdPipe) id: number,
    @Body(new BodyPipe(PasswordBody)) body: PasswordBody,
  ): Promise<UserView> {
    return toUserView(await this.users.setPassword(principal, id, body.password));
  }

  @Post(':id/toggle_active')
  @HttpCode(200)
  async toggleActive(@CurrentPrincipal() principal: Principal, @Param('id', IdPipe) id: number): Promise<UserView> {
    return toUserView(await this.users.toggleActive(principal, id));
  }
}

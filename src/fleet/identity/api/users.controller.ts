import { Body, Delete, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { CurrentPrincipal, RequireRole } from '../../../auth/passport/access.decorators.js';
import type { Principal } from '../../../auth/principal.js';
import type { ExpectedVersion } from '../../../common/expected-version.js';
import { flagOf } from '../../../common/fields/text-fields.js';
import type { IdempotentRequest } from '../../../http/idempotency/idempotency.js';
import { Answers } from '../../api/answers.decorator.js';
import { RequiredIfMatch } from '../../api/entity-tag.js';
import { FleetController } from '../../api/fleet-controller.decorator.js';
import { Idempotent } from '../../api/idempotent-request.js';
import { toPageView } from '../../api/page.dto.js';
import { integerOf } from '../../api/path-ids.js';
import { noBody, noQuery, strictBody, strictQuery } from '../../api/strict.pipe.js';
import { FleetIdentity } from '../identity.service.js';
import { NewUser, UserChangeBody, UsersQuery } from './identity.dto.js';
import { toUserView, UserPage, UserView } from './identity.view.js';

/** The users of every dialect. */
@FleetController('users')
@RequireRole('admin')
export class UsersController {
  constructor(private readonly identity: FleetIdentity) {}

  @Get()
  @Answers('The users', 200, UserPage)
  async list(@Query(strictQuery(UsersQuery)) query: UsersQuery): Promise<UserPage> {
    const filter = { role: query.role, active: flagOf(query.active) };
    return toPageView(await this.identity.listUsers(filter, query), toUserView);
  }

  @Post()
  @Answers('Make a user', 201, UserView, { problems: [422] })
  async create(
    @CurrentPrincipal() principal: Principal,
    @Body(strictBody(NewUser)) { email = '', ...body }: NewUser,
    @Query(noQuery()) _query: void,
    @Idempotent() repeat: IdempotentRequest | null,
  ): Promise<UserView> {
    const id = await this.identity.createUser(principal, { ...body, email }, repeat);
    return toUserView(await this.identity.getUser(id));
  }

  @Get(':id')
  @Answers('One user', 200, UserView, { problems: [404] })
  async get(@Param('id', integerOf('user')) id: number, @Query(noQuery()) _query: void): Promise<UserView> {
    return toUserView(await this.identity.getUser(id));
  }

  @Patch(':id')
  @Answers('Change a user: role, e-mail, password, or whether it is active', 200, UserView, {
    problems: [404, 409, 412, 428],
  })
  async change(
    @CurrentPrincipal() principal: Principal,
    @Param('id', integerOf('user')) id: number,
    @Body(strictBody(UserChangeBody)) { active, ...body }: UserChangeBody,
    @Query(noQuery()) _query: void,
    @RequiredIfMatch() expected: ExpectedVersion,
  ): Promise<UserView> {
    await this.identity.changeUser(principal, id, { ...body, isActive: active }, expected);
    return toUserView(await this.identity.getUser(id));
  }

  @Delete(':id')
  @Answers('Delete a user with all their tokens', 204, null, { problems: [404, 409, 412, 428] })
  async remove(
    @CurrentPrincipal() principal: Principal,
    @Param('id', integerOf('user')) id: number,
    @Body(noBody()) _body: void,
    @Query(noQuery()) _query: void,
    @RequiredIfMatch() expected: ExpectedVersion,
  ): Promise<void> {
    await this.identity.removeUser(principal, id, expected);
  }
}

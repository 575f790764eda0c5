import { Body, Delete, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { CurrentPrincipal, RequireRole } from '../../../auth/passport/access.decorators.js';
import type { Principal } from '../../../auth/principal.js';
import type { ExpectedVersion } from '../../../common/expected-version.js';
import type { IdempotentRequest } from '../../../http/idempotency/idempotency.js';
import { Answers } from '../../api/answers.decorator.js';
import { RequiredIfMatch } from '../../api/entity-tag.js';
import { FleetController } from '../../api/fleet-controller.decorator.js';
import { Idempotent } from '../../api/idempotent-request.js';
import { PageQuery, toPageView } from '../../api/page.dto.js';
import { uuidOf } from '../../api/path-ids.js';
import { noBody, noQuery, strictBody, strictQuery } from '../../api/strict.pipe.js';
import { HooksService } from '../hooks.service.js';
import { HookCallPage, HookPage, HookView, toHookCallView, toHookView } from './hook.view.js';
import { ChangeHook, CreateHook, toHookChange, toNewHook } from './hooks.dto.js';

/** The addresses where other systems start plans. */
@FleetController('hooks')
@RequireRole('admin')
export class HooksController {
  constructor(private readonly hooks: HooksService) {}

  @Get()
  @Answers('The incoming hooks', 200, HookPage)
  async list(@Query(strictQuery(PageQuery)) query: PageQuery): Promise<HookPage> {
    return toPageView(await this.hooks.list(query), toHookView);
  }

  @Post()
  @Answers('Make an address where another system starts a plan', 201, HookView, { problems: [409, 422] })
  async create(
    @CurrentPrincipal() principal: Principal,
    @Body(strictBody(CreateHook)) body: CreateHook,
    @Query(noQuery()) _query: void,
    @Idempotent() repeat: IdempotentRequest | null,
  ): Promise<HookView> {
    return toHookView(await this.hooks.create(principal, toNewHook(body), repeat));
  }

  @Get(':id')
  @Answers('One incoming hook', 200, HookView, { problems: [404] })
  async get(@Param('id', uuidOf('hook')) id: string, @Query(noQuery()) _query: void): Promise<HookView> {
    return toHookView(await this.hooks.get(id));
  }

  @Patch(':id')
  @Answers('Change a hook; whoever does owns it then', 200, HookView, { problems: [404, 409, 412, 422, 428] })
  async change(
    @CurrentPrincipal() principal: Principal,
    @Param('id', uuidOf('hook')) id: string,
    @Body(strictBody(ChangeHook)) body: ChangeHook,
    @Query(noQuery()) _query: void,
    @RequiredIfMatch() expected: ExpectedVersion,
  ): Promise<HookView> {
    return toHookView(await this.hooks.change(principal, id, toHookChange(body), expected));
  }

  @Delete(':id')
  @Answers('Delete a hook', 204, null, { problems: [404, 412, 428] })
  async delete(
    @CurrentPrincipal() principal: Principal,
    @Param('id', uuidOf('hook')) id: string,
    @Body(noBody()) _body: void,
    @Query(noQuery()) _query: void,
    @RequiredIfMatch() expected: ExpectedVersion,
  ): Promise<void> {
    await this.hooks.delete(principal, id, expected);
  }

  @Get(':id/calls')
  @Answers('Its calls with a right signature, and what came of them, the newest first', 200, HookCallPage, {
    problems: [404],
  })
  async calls(
    @Param('id', uuidOf('hook')) id: string,
    @Query(strictQuery(PageQuery)) query: PageQuery,
  ): Promise<HookCallPage> {
    return toPageView(await this.hooks.calls(id, query), toHookCallView);
  }
}

import { Body, Delete, Get, Param, Post, Query } from '@nestjs/common';
import { CurrentPrincipal, RequireRole } from '../../../auth/passport/access.decorators.js';
import type { Principal } from '../../../auth/principal.js';
import type { IdempotentRequest } from '../../../http/idempotency/idempotency.js';
import { Answers } from '../../api/answers.decorator.js';
import { FleetController } from '../../api/fleet-controller.decorator.js';
import { Idempotent } from '../../api/idempotent-request.js';
import { PageQuery, toPageView } from '../../api/page.dto.js';
import { integerOf, nameOf } from '../../api/path-ids.js';
import { noBody, noQuery, strictBody, strictQuery } from '../../api/strict.pipe.js';
import { PlanTokensService } from '../plan-tokens.service.js';
import { MintedPlanTokenView, PlanTokenPage, toPlanTokenView } from './plan.view.js';
import { CreatePlanToken, toTokenWish } from './plans.dto.js';

/** Tokens for pipelines: each starts one plan, sees what it started, and runs out. */
@FleetController('plans/:name/tokens')
@RequireRole('admin')
export class PlanTokensController {
  constructor(private readonly tokens: PlanTokensService) {}

  @Get()
  @Answers('The tokens that may start a plan', 200, PlanTokenPage, { problems: [404] })
  async list(
    @Param('name', nameOf('plan')) name: string,
    @Query(strictQuery(PageQuery)) query: PageQuery,
  ): Promise<PlanTokenPage> {
    return toPageView(await this.tokens.list(name, query), (token) => toPlanTokenView(name, token));
  }

  @Post()
  @Answers('Make a token that starts this plan only', 201, MintedPlanTokenView, { problems: [404] })
  async create(
    @CurrentPrincipal() principal: Principal,
    @Param('name', nameOf('plan')) name: string,
    @Body(strictBody(CreatePlanToken)) body: CreatePlanToken,
    @Query(noQuery()) _query: void,
    @Idempotent() repeat: IdempotentRequest | null,
  ): Promise<MintedPlanTokenView> {
    const { token, key } = await this.tokens.create(principal, name, toTokenWish(body, new Date()), repeat);
    return { ...toPlanTokenView(name, token), key };
  }

  @Delete(':id')
  @Answers('Take a token back', 204, null, { problems: [404] })
  async revoke(
    @CurrentPrincipal() principal: Principal,
    @Param('name', nameOf('plan')) name: string,
    @Param('id', integerOf('token')) id: number,
    @Body(noBody()) _body: void,
    @Query(noQuery()) _query: void,
  ): Promise<void> {
    await this.tokens.revoke(principal, name, id);
  }
}

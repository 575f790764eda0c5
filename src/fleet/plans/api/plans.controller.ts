import { Body, Delete, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { CurrentPrincipal, OpenToPlanTokens } from '../../../auth/passport/access.decorators.js';
import type { Principal } from '../../../auth/principal.js';
import type { ExpectedVersion } from '../../../common/expected-version.js';
import { flagOf } from '../../../common/fields/text-fields.js';
import type { IdempotentRequest } from '../../../http/idempotency/idempotency.js';
import { Answers } from '../../api/answers.decorator.js';
import { RequiredIfMatch } from '../../api/entity-tag.js';
import { FleetController } from '../../api/fleet-controller.decorator.js';
import { Idempotent } from '../../api/idempotent-request.js';
import { PageQuery, toPageView } from '../../api/page.dto.js';
import { nameOf } from '../../api/path-ids.js';
import { noBody, noQuery, strictBody, strictQuery } from '../../api/strict.pipe.js';
import { PlanRunsService } from '../plan-runs.service.js';
import { PlansService } from '../plans.service.js';
import { PlanPage, PlanRunPage, PlanView, StartedPlanView, toPlanRunView, toPlanView } from './plan.view.js';
import { ChangePlan, CreatePlan, PlansQuery, StartPlan, toNewPlan, toPlanChange } from './plans.dto.js';

@FleetController('plans')
export class PlansController {
  constructor(
    private readonly plans: PlansService,
    private readonly runs: PlanRunsService,
  ) {}

  @Get()
  @Answers('Plans: batch requests under a name', 200, PlanPage)
  async list(@Query(strictQuery(PlansQuery)) query: PlansQuery): Promise<PlanPage> {
    return toPageView(await this.plans.list(flagOf(query.enabled), query), toPlanView);
  }

  @Post()
  @Answers('Make a plan', 201, PlanView, { problems: [409] })
  async create(
    @CurrentPrincipal() principal: Principal,
    @Body(strictBody(CreatePlan)) body: CreatePlan,
    @Query(noQuery()) _query: void,
    @Idempotent() repeat: IdempotentRequest | null,
  ): Promise<PlanView> {
    return toPlanView(await this.plans.create(principal, body.name, toNewPlan(body), repeat));
  }

  @Get(':name')
  @OpenToPlanTokens('plan', 'name')
  @Answers('One plan', 200, PlanView, { problems: [404] })
  async get(@Param('name', nameOf('plan')) name: string, @Query(noQuery()) _query: void): Promise<PlanView> {
    return toPlanView(await this.plans.get(name));
  }

  @Patch(':name')
  @Answers('Change a plan; fields that are left out stay as they are', 200, PlanView, { problems: [404, 412, 428] })
  async update(
    @CurrentPrincipal() principal: Principal,
    @Param('name', nameOf('plan')) name: string,
    @RequiredIfMatch() expected: ExpectedVersion,
    @Body(strictBody(ChangePlan)) body: ChangePlan,
    @Query(noQuery()) _query: void,
  ): Promise<PlanView> {
    return toPlanView(await this.plans.update(principal, name, expected, toPlanChange(body)));
  }

  @Delete(':name')
  @Answers('Delete a plan and its tokens', 204, null, { problems: [404, 409, 412, 428] })
  async remove(
    @CurrentPrincipal() principal: Principal,
    @Param('name', nameOf('plan')) name: string,
    @RequiredIfMatch() expected: ExpectedVersion,
    @Body(noBody()) _body: void,
    @Query(noQuery()) _query: void,
  ): Promise<void> {
    await this.plans.remove(principal, name, expected);
  }

  @Post(':name/runs')
  @OpenToPlanTokens('plan', 'name')
  @Answers('Start a plan', 201, StartedPlanView, { problems: [404, 409, 422] })
  async start(
    @CurrentPrincipal() principal: Principal,
    @Param('name', nameOf('plan')) name: string,
    @Body(strictBody(StartPlan)) { parameters }: StartPlan,
    @Query(noQuery()) _query: void,
    @Idempotent() repeat: IdempotentRequest | null,
  ): Promise<StartedPlanView> {
    const { batchId } = await this.runs.start(principal, name, parameters ?? {}, repeat);
    return { batch_id: batchId, plan: name };
  }

  @Get(':name/runs')
  @Answers('What was started from a plan, the newest first', 200, PlanRunPage, { problems: [404] })
  async listRuns(
    @Param('name', nameOf('plan')) name: string,
    @Query(strictQuery(PageQuery)) query: PageQuery,
  ): Promise<PlanRunPage> {
    return toPageView(await this.runs.list(name, query), toPlanRunView);
  }
}

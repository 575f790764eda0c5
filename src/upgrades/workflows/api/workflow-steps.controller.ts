import { Body, Delete, Get, HttpCode, Param, Patch, Post, Put, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { CurrentPrincipal } from '../../../auth/passport/access.decorators.js';
import type { Principal } from '../../../auth/principal.js';
import { BodyPipe } from '../../drf/body.pipe.js';
import { IdPipe } from '../../drf/id.pipe.js';
import { pageBody, type PageBody, type QueryValues } from '../../drf/page.js';
import { urlOf } from '../../../http/request-url.js';
import { UpgradeController } from '../../drf/upgrade-controller.decorator.js';
import { WorkflowsService } from '../workflows.service.js';
import { WorkflowStepBody, toStepWish } from './workflows.dto.js';
import { toStepView, type StepView } from './workflows.view.js';

@UpgradeController('core/workflow-steps')
export class WorkflowStepsController {
  constructor(private readonly workflows: WorkflowsService) {}

  @Get()
  async list(@Query() query: QueryValues, @Req() request: FastifyRequest): Promise<PageBody<StepView>> {
    const { page, count, rows } = await this.workflows.listSteps(query);
    return pageBody(urlOf(request), page, count, rows.map(toStepView));
  }

  @Get(':id')
  async get(@Param('id', IdPipe) id: number): Promise<StepView> {
    return toStepView(await this.workflows.getStep(id));
  }

  @Post()
  async create(
    @CurrentPrincipal() principal: Principal,
    @Body(new BodyPipe(WorkflowStepBody)) body: WorkflowStepBody,
  ): Promise<StepView> {
    return toStepView(await this.workflows.saveStep(principal, null, toStepWish(body)));
  }

  @Put(':id')
  async replace(
    @CurrentPrincipal() principal: Principal,
    @Param('id', IdPipe) id: number,
    @Body(new BodyPipe(WorkflowStepBody)) body: WorkflowStepBody,
  ): Promise<StepView> {
    return toStepView(await this.workflows.saveStep(principal, id, toStepWish(body)));
  }

  @Patch(':id')
  async change(
    @CurrentPrincipal() principal: Principal,
    @Param('id', IdPipe) id: number,
    @Body(new BodyPipe(WorkflowStepBody, { partial: true })) body: WorkflowStepBody,
  ): Promise<StepView> {
    return toStepView(await this.workflows.saveStep(principal, id, toStepWish(body)));
  }

  @Delete(':id')
  @HttpCode(204)
  async remove(@CurrentPrincipal() principal: Principal, @Param('id', IdPipe) id: number): Promise<void> {
    await this.workflows.removeStep(principal, id);
  }
}

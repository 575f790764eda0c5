import { Body, Delete, Get, HttpCode, Param, Patch, Post, Put, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { CurrentPrincipal } from '../../../auth/passport/access.decorators.js';
import type { Principal } from '../../../auth/principal.js';
import { BodyPipe } from '../../drf/body.pipe.js';
import { IdPipe } from '../../drf/id.pipe.js';
import { pageBody, type PageBody, type QueryValues } from '../../drf/page.js';
import { urlOf } from '../../../http/request-url.js';
import { UpgradeController } from '../../drf/upgrade-controller.decorator.js';
import { WorkflowLookupService } from '../workflow-lookup.service.js';
import type { Workflow } from '../workflow.entity.js';
import { WorkflowsService } from '../workflows.service.js';
import { toStepWishes, toWorkflowWish, WorkflowBody } from './workflows.dto.js';
import { toWorkflowView, type WorkflowView } from './workflows.view.js';

@UpgradeController('core/workflows')
export class WorkflowsController {
  constructor(
    private readonly workflows: WorkflowsService,
    private readonly lookup: WorkflowLookupService,
  ) {}

  @Get()
  async list(@Query() query: QueryValues, @Req() request: FastifyRequest): Promise<PageBody<WorkflowView>> {
    const { page, count, rows } = await this.workflows.list(query);
    const steps = await this.lookup.stepsOf(rows.map((row) => row.id));
    return pageBody(
      urlOf(request),
      page,
      count,
      rows.map((row) => toWorkflowView(row, steps)),
    );
  }

  @Get(':id')
  async get(@Param('id', IdPipe) id: number): Promise<WorkflowView> {
    return this.view(await this.workflows.get(id));
  }

  @Post()
  async create(
    @CurrentPrincipal() principal: Principal,
    @Body(new BodyPipe(WorkflowBody)) body: WorkflowBody,
  ): Promise<WorkflowView> {
    const steps = body.steps && body.steps.length > 0 ? toStepWishes(body.steps) : [];
    return this.view(await this.workflows.create(principal, toWorkflowWish(body), steps));
  }

  @Put(':id')
  async replace(
    @CurrentPrincipal() principal: Principal,
    @Param('id', IdPipe) id: number,
    @Body(new BodyPipe(WorkflowBody)) body: WorkflowBody,
  ): Promise<WorkflowView> {
    return this.view(await this.workflows.update(principal, id, toWorkflowWish(body)));
  }

  @Patch(':id')
  async change(
    @CurrentPrincipal() principal: Principal,
    @Param('id', IdPipe) id: number,
    @Body(new BodyPipe(WorkflowBody, { partial: true })) body: WorkflowBody,
  ): Promise<WorkflowView> {
    return this.view(await this.workflows.update(principal, id, toWorkflowWish(body)));
  }

  @Delete(':id')
  @HttpCode(204)
  async remove(@CurrentPrincipal() principal: Principal, @Param('id', IdPipe) id: number): Promise<void> {
    await this.workflows.remove(principal, id);
  }

  @Post(':id/set_default')
  @HttpCode(200)
  async setDefault(
    @CurrentPrincipal() principal: Principal,
    @Param('id', IdPipe) id: number,
  ): Promise<{ status: string; workflow: string }> {
    const workflow = await this.workflows.setDefault(principal, id);
    return { status: 'default_set', workflow: workflow.name };
  }

  @Post(':id/update_steps')
  @HttpCode(200)
  async updateSteps(
    @CurrentPrincipal() principal: Principal,
    @Param('id', IdPipe) id: number,
    @Body() body: unknown,
  ): Promise<{ status: string; count: number }> {
    const steps = toStepWishes(body);
    await this.workflows.replaceSteps(principal, id, steps);
    return { status: 'updated', count: steps.length };
  }

  private async view(workflow: Workflow): Promise<WorkflowView> {
    return toWorkflowView(workflow, await this.lookup.stepsOf([workflow.id]));
  }
}

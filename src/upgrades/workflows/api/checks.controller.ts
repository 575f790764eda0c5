import { Body, Delete, Get, HttpCode, Param, Patch, Post, Put, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { CurrentPrincipal } from '../../../auth/passport/access.decorators.js';
import type { Principal } from '../../../auth/principal.js';
import { BodyPipe } from '../../drf/body.pipe.js';
import { IdPipe } from '../../drf/id.pipe.js';
import { pageBody, type PageBody, type QueryValues } from '../../drf/page.js';
import { urlOf } from '../../../http/request-url.js';
import { UpgradeController } from '../../drf/upgrade-controller.decorator.js';
import { ChecksService } from '../checks.service.js';
import { CheckBody, toCheckWish } from './workflows.dto.js';
import { toCheckView, type CheckView } from './workflows.view.js';

@UpgradeController('core/checks')
export class ChecksController {
  constructor(private readonly checks: ChecksService) {}

  @Get()
  async list(@Query() query: QueryValues, @Req() request: FastifyRequest): Promise<PageBody<CheckView>> {
    const { page, count, rows } = await this.checks.list(query);
    return pageBody(urlOf(request), page, count, rows.map(toCheckView));
  }

  @Get(':id')
  async get(@Param('id', IdPipe) id: number): Promise<CheckView> {
    return toCheckView(await this.checks.get(id));
  }

  @Post()
  async create(
    @CurrentPrincipal() principal: Principal,
    @Body(new BodyPipe(CheckBody)) body: CheckBody,
  ): Promise<CheckView> {
    return toCheckView(await this.checks.save(principal, null, toCheckWish(body)));
  }

  @Put(':id')
  async replace(
    @CurrentPrincipal() principal: Principal,
    @Param('id', IdPipe) id: number,
    @Body(new BodyPipe(CheckBody)) body: CheckBody,
  ): Promise<CheckView> {
    return toCheckView(await this.checks.save(principal, id, toCheckWish(body)));
  }

  @Patch(':id')
  async change(
    @CurrentPrincipal() principal: Principal,
    @Param('id', IdPipe) id: number,
    @Body(new BodyPipe(CheckBody, { partial: true })) body: CheckBody,
  ): Promise<CheckView> {
    return toCheckView(await this.checks.save(principal, id, toCheckWish(body)));
  }

  @Delete(':id')
  @HttpCode(204)
  async remove(@CurrentPrincipal() principal: Principal, @Param('id', IdPipe) id: number): Promise<void> {
    await this.checks.remove(principal, id);
  }
}

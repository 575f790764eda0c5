import { Body, Delete, Get, HttpCode, Param, Patch, Post, Put, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { CurrentPrincipal } from '../../../auth/passport/access.decorators.js';
import type { Principal } from '../../../auth/principal.js';
import { BodyPipe } from '../../drf/body.pipe.js';
import { IdPipe } from '../../drf/id.pipe.js';
import { pageBody, type PageBody, type QueryValues } from '../../drf/page.js';
import { urlOf } from '../../../http/request-url.js';
import { UpgradeController } from '../../drf/upgrade-controller.decorator.js';
import { PlacesService } from '../places.service.js';
import { RegionBody, toRegionWish } from './places.dto.js';
import { toRegionView, type RegionView } from './places.view.js';

@UpgradeController('dcim/regions')
export class RegionsController {
  constructor(private readonly places: PlacesService) {}

  @Get()
  async list(@Query() query: QueryValues, @Req() request: FastifyRequest): Promise<PageBody<RegionView>> {
    const { page, count, rows } = await this.places.listRegions(query);
    return pageBody(urlOf(request), page, count, rows.map(toRegionView));
  }

  @Get(':id')
  async get(@Param('id', IdPipe) id: number): Promise<RegionView> {
    return toRegionView(await this.places.getRegion(id));
  }

  @Post()
  async create(
    @CurrentPrincipal() principal: Principal,
    @Body(new BodyPipe(RegionBody)) body: RegionBody,
  ): Promise<RegionView> {
    return toRegionView(await this.places.saveRegion(principal, null, toRegionWish(body)));
  }

  @Put(':id')
  async replace(
    @CurrentPrincipal() principal: Principal,
    @Param('id', IdPipe) id: number,
    @Body(new BodyPipe(RegionBody)) body: RegionBody,
  ): Promise<RegionView> {
    return toRegionView(await this.places.saveRegion(principal, id, toRegionWish(body)));
  }

  @Patch(':id')
  async change(
    @CurrentPrincipal() principal: Principal,
    @Param('id', IdPipe) id: number,
    @Body(new BodyPipe(RegionBody, { partial: true })) body: RegionBody,
  ): Promise<RegionView> {
    return toRegionView(await this.places.saveRegion(principal, id, toRegionWish(body)));
  }

  @Delete(':id')
  @HttpCode(204)
  async remove(@CurrentPrincipal() principal: Principal, @Param('id', IdPipe) id: number): Promise<void> {
    await this.places.removeRegion(principal, id);
  }
}

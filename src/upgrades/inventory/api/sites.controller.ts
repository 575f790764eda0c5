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
import type { Site } from '../site.entity.js';
import { SiteBody, toSiteWish } from './places.dto.js';
import { toSiteView, type SiteView } from './places.view.js';

@UpgradeController('dcim/sites')
export class SitesController {
  constructor(private readonly places: PlacesService) {}

  @Get()
  async list(@Query() query: QueryValues, @Req() request: FastifyRequest): Promise<PageBody<SiteView>> {
    const { page, count, rows } = await this.places.listSites(query);
    return pageBody(urlOf(request), page, count, await this.views(rows));
  }

  @Get(':id')
  async get(@Param('id', IdPipe) id: number): Promise<SiteView> {
    return this.view(await this.places.getSite(id));
  }

  @Post()
  async create(
    @CurrentPrincipal() principal: Principal,
    @Body(new BodyPipe(SiteBody)) body: SiteBody,
  ): Promise<SiteView> {
    return this.view(await this.places.saveSite(principal, null, toSiteWish(body)));
  }

  @Put(':id')
  async replace(
    @CurrentPrincipal() principal: Principal,
    @Param('id', IdPipe) id: number,
    @Body(new BodyPipe(SiteBody)) body: SiteBody,
  ): Promise<SiteView> {
    return this.view(await this.places.saveSite(principal, id, toSiteWish(body)));
  }

  @Patch(':id')
  async change(
    @CurrentPrincipal() principal: Principal,
    @Param('id', IdPipe) id: number,
    @Body(new BodyPipe(SiteBody, { partial: true })) body: SiteBody,
  ): Promise<SiteView> {
    return this.view(await this.places.saveSite(principal, id, toSiteWish(body)));
  }

  @Delete(':id')
  @HttpCode(204)
  async remove(@CurrentPrincipal() principal: Principal, @Param('id', IdPipe) id: number): Promise<void> {
    await this.places.removeSite(principal, id);
  }

  private async view(site: Site): Promise<SiteView> {
    const [view] = await this.views([site]);
    return view as SiteView;
  }

  private async views(sites: readonly Site[]): Promise<SiteView[]> {
    const regions = await this.places.regionsById(sites.map((site) => site.regionId));
    const counts = await this.places.deviceCounts(sites.map((site) => site.id));
    return sites.map((site) => toSiteView(site, regions.get(site.regionId ?? 0), counts.get(site.id) ?? 0));
  }
}

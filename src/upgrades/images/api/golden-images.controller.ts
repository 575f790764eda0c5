import { Body, Delete, Get, HttpCode, Param, Patch, Post, Put, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { CurrentPrincipal } from '../../../auth/passport/access.decorators.js';
import type { Principal } from '../../../auth/principal.js';
import { BodyPipe } from '../../drf/body.pipe.js';
import { IdPipe } from '../../drf/id.pipe.js';
import { pageBody, type PageBody, type QueryValues } from '../../drf/page.js';
import { urlOf } from '../../../http/request-url.js';
import { UpgradeController } from '../../drf/upgrade-controller.decorator.js';
import type { GoldenImage } from '../golden-image.entity.js';
import { GoldenImagesService } from '../golden-images.service.js';
import { GoldenImageBody, toGoldenImageWish } from './golden-images.dto.js';
import { toGoldenImageView, type GoldenImageView } from './golden-images.view.js';

@UpgradeController('images/golden-images')
export class GoldenImagesController {
  constructor(private readonly goldens: GoldenImagesService) {}

  @Get()
  async list(@Query() query: QueryValues, @Req() request: FastifyRequest): Promise<PageBody<GoldenImageView>> {
    const { page, count, rows } = await this.goldens.list(query);
    const names = await this.goldens.names(rows);
    return pageBody(
      urlOf(request),
      page,
      count,
      rows.map((row) => toGoldenImageView(row, names)),
    );
  }

  @Get(':id')
  async get(@Param('id', IdPipe) id: number): Promise<GoldenImageView> {
    return this.view(await this.goldens.get(id));
  }

  @Post()
  async create(
    @CurrentPrincipal() principal: Principal,
    @Body(new BodyPipe(GoldenImageBody)) body: GoldenImageBody,
  ): Promise<GoldenImageView> {
    return this.view(await this.goldens.create(principal, toGoldenImageWish(body)));
  }

  @Put(':id')
  async replace(
    @CurrentPrincipal() principal: Principal,
    @Param('id', IdPipe) id: number,
    @Body(new BodyPipe(GoldenImageBody)) body: GoldenImageBody,
  ): Promise<GoldenImageView> {
    return this.view(await this.goldens.update(principal, id, toGoldenImageWish(body)));
  }

  @Patch(':id')
  async change(
    @CurrentPrincipal() principal: Principal,
    @Param('id', IdPipe) id: number,
    @Body(new BodyPipe(GoldenImageBody, { partial: true })) body: GoldenImageBody,
  ): Promise<GoldenImageView> {
    return this.view(await this.goldens.update(principal, id, toGoldenImageWish(body)));
  }

  @Delete(':id')
  @HttpCode(204)
  async remove(@CurrentPrincipal() principal: Principal, @Param('id', IdPipe) id: number): Promise<void> {
    await this.goldens.remove(principal, id);
  }

  private async view(golden: GoldenImage): Promise<GoldenImageView> {
    return toGoldenImageView(golden, await this.goldens.names([golden]));
  }
}

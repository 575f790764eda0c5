import { Body, Delete, Get, HttpCode, Param, Patch, Post, Put, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { CurrentPrincipal } from '../../../auth/passport/access.decorators.js';
import type { Principal } from '../../../auth/principal.js';
import { BodyPipe } from '../../drf/body.pipe.js';
import { IdPipe } from '../../drf/id.pipe.js';
import { pageBody, type PageBody, type QueryValues } from '../../drf/page.js';
import { urlOf } from '../../../http/request-url.js';
import { UpgradeController } from '../../drf/upgrade-controller.decorator.js';
import type { DeviceModel } from '../device-model.entity.js';
import { DeviceModelsService } from '../device-models.service.js';
import { DeviceModelBody, toDeviceModelWish } from './device-models.dto.js';
import { toDeviceModelView, type DeviceModelView } from './device-models.view.js';

@UpgradeController('dcim/device-models')
export class DeviceModelsController {
  constructor(private readonly models: DeviceModelsService) {}

  @Get()
  async list(@Query() query: QueryValues, @Req() request: FastifyRequest): Promise<PageBody<DeviceModelView>> {
    const { page, count, rows } = await this.models.list(query);
    const details = await this.models.details(rows);
    return pageBody(
      urlOf(request),
      page,
      count,
      rows.map((row) => toDeviceModelView(row, details)),
    );
  }

  @Get(':id')
  async get(@Param('id', IdPipe) id: number): Promise<DeviceModelView> {
    return this.view(await this.models.get(id));
  }

  @Post()
  async create(
    @CurrentPrincipal() principal: Principal,
    @Body(new BodyPipe(DeviceModelBody)) body: DeviceModelBody,
  ): Promise<DeviceModelView> {
    return this.view(await this.models.save(principal, null, toDeviceModelWish(body), body.supported_images));
  }

  @Put(':id')
  async replace(
    @CurrentPrincipal() principal: Principal,
    @Param('id', IdPipe) id: number,
    @Body(new BodyPipe(DeviceModelBody)) body: DeviceModelBody,
  ): Promise<DeviceModelView> {
    return this.view(await this.models.save(principal, id, toDeviceModelWish(body), body.supported_images));
  }

  @Patch(':id')
  async change(
    @CurrentPrincipal() principal: Principal,
    @Param('id', IdPipe) id: number,
    @Body(new BodyPipe(DeviceModelBody, { partial: true })) body: DeviceModelBody,
  ): Promise<DeviceModelView> {
    return this.view(await this.models.save(principal, id, toDeviceModelWish(body), body.supported_images));
  }

  @Delete('cleanup_unused')
  async removeUnused(@CurrentPrincipal() principal: Principal): Promise<{ status: string; count: number }> {
    return { status: 'deleted', count: await this.models.removeUnused(principal) };
  }

  @Delete(':id')
  @HttpCode(204)
  async remove(@CurrentPrincipal() principal: Principal, @Param('id', IdPipe) id: number): Promise<void> {
    await this.models.remove(principal, id);
  }

  private async view(model: DeviceModel): Promise<DeviceModelView> {
    return toDeviceModelView(model, await this.models.details([model]));
  }
}

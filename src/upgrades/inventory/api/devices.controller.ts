import { Body, Delete, Get, HttpCode, Param, Patch, Post, Put, Query, Req } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { CurrentPrincipal } from '../../../auth/passport/access.decorators.js';
import type { Principal } from '../../../auth/principal.js';
import { SecretBox } from '../../../config/secret-box.js';
import { BodyPipe, parseBody } from '../../drf/body.pipe.js';
import { IdPipe } from '../../drf/id.pipe.js';
import { pageBody, type PageBody, type QueryValues } from '../../drf/page.js';
import { urlOf } from '../../../http/request-url.js';
import { UpgradeController } from '../../drf/upgrade-controller.decorator.js';
import { DeviceDetailsService } from '../device-details.service.js';
import { DeviceLoadingService } from '../device-loading.service.js';
import type { Device } from '../device.entity.js';
import { DevicesService } from '../devices.service.js';
import { readDeviceList } from './device-list.js';
import { DeviceBody, toDeviceWish } from './devices.dto.js';
import { toDeviceView, type DeviceView } from './devices.view.js';

/** A hundred thousand devices in one list are 15 to 60 MB. */
const LIST_LIMIT = 64 * 1024 * 1024;

@UpgradeController('dcim/devices')
export class DevicesController {
  constructor(
    private readonly devices: DevicesService,
    private readonly loading: DeviceLoadingService,
    private readonly details: DeviceDetailsService,
    private readonly secrets: SecretBox,
  ) {}

  @Get()
  async list(@Query() query: QueryValues, @Req() request: FastifyRequest): Promise<PageBody<DeviceView>> {
    const { page, count, rows } = await this.devices.list(query);
    return pageBody(urlOf(request), page, count, await this.views(rows));
  }

  @Get(':id')
  async get(@Param('id', IdPipe) id: number): Promise<DeviceView> {
    return this.view(await this.devices.get(id));
  }

  /** An object is one device; a list (an addition to the original) is many, all or none of them. */
  @Post()
  @RouteConfig({ bodyLimit: LIST_LIMIT })
  async create(
    @CurrentPrincipal() principal: Principal,
    @Body() body: unknown,
  ): Promise<DeviceView | { status: string; count: number; ids: number[] }> {
    if (Array.isArray(body)) {
      const ids = await this.loading.createAll(principal, await readDeviceList(body, this.secrets));
      return { status: 'created', count: ids.length, ids };
    }
    const wish = toDeviceWish(parseBody(DeviceBody, body), this.secrets);
    return this.view(await this.devices.create(principal, wish));
  }

  @Put(':id')
  async replace(
    @CurrentPrincipal() principal: Principal,
    @Param('id', IdPipe) id: number,
    @Body(new BodyPipe(DeviceBody)) body: DeviceBody,
  ): Promise<DeviceView> {
    return this.view(await this.devices.update(principal, id, toDeviceWish(body, this.secrets)));
  }

  @Patch(':id')
  async change(
    @CurrentPrincipal() principal: Principal,
    @Param('id', IdPipe) id: number,
    @Body(new BodyPipe(DeviceBody, { partial: true })) body: DeviceBody,
  ): Promise<DeviceView> {
    return this.view(await this.devices.update(principal, id, toDeviceWish(body, this.secrets)));
  }

  @Delete(':id')
  @HttpCode(204)
  async remove(@CurrentPrincipal() principal: Principal, @Param('id', IdPipe) id: number): Promise<void> {
    await this.devices.remove(principal, id);
  }

  private async view(device: Device): Promise<DeviceView> {
    const [view] = await this.views([device]);
    return view as DeviceView;
  }

  private async views(devices: readonly Device[]): Promise<DeviceView[]> {
    const details = await this.details.of(devices);
    return devices.flatMap((device) => {
      const ofDevice = details.get(device.id);
      return ofDevice ? [toDeviceView(device, ofDevice)] : [];
    });
  }
}

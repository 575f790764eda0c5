import { Delete, Get, HttpCode, Param, Post, Put } from '@nestjs/common';
import { CurrentPrincipal } from '../../../auth/passport/access.decorators.js';
import type { Principal } from '../../../auth/principal.js';
import { FuelList, FuelObject, type JsonObject } from '../../fuel-body.js';
import { FuelController } from '../../fuel-controller.decorator.js';
import { FuelIdPipe } from '../../fuel-id.pipe.js';
import { NotificationsService } from '../notifications.service.js';
import { toNotificationWish, toStatus, toStatusChanges } from './notifications.dto.js';
import { type NotificationView, toNotificationView } from './notifications.view.js';

const Id = () => Param('id', new FuelIdPipe('Notification'));

/** Spec fuel section 3.12. */
@FuelController('notifications')
export class NotificationsController {
  constructor(private readonly notifications: NotificationsService) {}

  @Get()
  async list(): Promise<NotificationView[]> {
    return (await this.notifications.list()).map(toNotificationView);
  }

  @Post()
  async create(@CurrentPrincipal() principal: Principal, @FuelObject() body: JsonObject): Promise<NotificationView> {
    return toNotificationView(await this.notifications.create(principal, toNotificationWish(body)));
  }

  @Put()
  async updateMany(
    @CurrentPrincipal() principal: Principal,
    @FuelList() body: readonly unknown[],
  ): Promise<NotificationView[]> {
    return (await this.notifications.setStatuses(principal, toStatusChanges(body))).map(toNotificationView);
  }

  @Get(':id')
  async get(@Id() id: number): Promise<NotificationView> {
    return toNotificationView(await this.notifications.get(id));
  }

  @Put(':id')
  async update(
    @CurrentPrincipal() principal: Principal,
    @Id() id: number,
    @FuelObject() body: JsonObject,
  ): Promise<NotificationView> {
    return toNotificationView(await this.notifications.update(principal, id, toStatus(body)));
  }

  @Delete(':id')
  @HttpCode(204)
  remove(@CurrentPrincipal() principal: Principal, @Id() id: number): Promise<void> {
    return this.notifications.remove(principal, id);
  }
}

import { Module } from '@nestjs/common';
import { FuelWire } from './fuel-wire.js';
import { NotificationsModule } from './notifications/notifications.module.js';
import { VersionController } from './version.controller.js';

/** What all of Fuel says on the wire, and its notifications. */
@Module({
  imports: [NotificationsModule],
  controllers: [VersionController],
  providers: [FuelWire],
  exports: [NotificationsModule],
})
export class FuelModule {}

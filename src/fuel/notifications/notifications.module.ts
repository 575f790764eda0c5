import { Module } from '@nestjs/common';
import { RetentionService } from '../../scheduler/retention.service.js';
import { SchedulerModule } from '../../scheduler/scheduler.module.js';
import { NotificationsController } from './api/notifications.controller.js';
import { NotificationsService } from './notifications.service.js';

@Module({
  imports: [SchedulerModule],
  controllers: [NotificationsController],
  providers: [NotificationsService],
  exports: [NotificationsService],
})
export class NotificationsModule {
  constructor(retention: RetentionService) {
    // Read or not: clients list all of them at once, and most never mark one read.
    retention.register({ table: 'notifications', at: 'created_at', keptFor: 'logs' });
  }
}

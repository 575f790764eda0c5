import { Module } from '@nestjs/common';
import { AuthModule } from '../../auth/auth.module.js';
import { RetentionService } from '../../scheduler/retention.service.js';
import { SchedulerModule } from '../../scheduler/scheduler.module.js';
import { PlansModule } from '../plans/plans.module.js';
import { SchedulesController } from './api/schedules.controller.js';
import { ScheduleClock } from './schedule-clock.service.js';
import { SchedulesService } from './schedules.service.js';

/** Plans that start by themselves. */
@Module({
  imports: [AuthModule, PlansModule, SchedulerModule],
  controllers: [SchedulesController],
  providers: [ScheduleClock, SchedulesService],
  exports: [ScheduleClock],
})
export class SchedulesModule {
  constructor(retention: RetentionService) {
    // That a time does not start twice is the schedule's own next time, not these rows.
    retention.register({ table: 'schedule_runs', at: 'at', keptFor: 'logs' });
  }
}

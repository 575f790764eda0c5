import { Module } from '@nestjs/common';
import { AuthModule } from '../../auth/auth.module.js';
import { PlansModule } from '../plans/plans.module.js';
import { SchedulesController } from './api/schedules.controller.js';
import { ScheduleClock } from './schedule-clock.service.js';
import { SchedulesService } from './schedules.service.js';

/** Plans that start by themselves. */
@Module({
  imports: [AuthModule, PlansModule],
  controllers: [SchedulesController],
  providers: [ScheduleClock, SchedulesService],
  exports: [ScheduleClock],
})
export class SchedulesModule {}

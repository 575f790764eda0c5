import { Module } from '@nestjs/common';
import { AuthModule } from '../../auth/auth.module.js';
import { FleetBatchesModule } from '../batches/batches.module.js';
import { CalendarModule } from '../calendar/calendar.module.js';
import { PlansModule } from '../plans/plans.module.js';
import { PreviewsController } from './api/previews.controller.js';
import { PreviewsService } from './previews.service.js';

/** Asking what a batch would do before it is made. */
@Module({
  imports: [AuthModule, FleetBatchesModule, CalendarModule, PlansModule],
  controllers: [PreviewsController],
  providers: [PreviewsService],
})
export class PreviewsModule {}

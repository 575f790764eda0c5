import { Module } from '@nestjs/common';
import { AuthModule } from '../../auth/auth.module.js';
import { OrchestrationModule } from '../../orchestration/orchestration.module.js';
import { FleetBatchesModule } from '../batches/batches.module.js';
import { WindowsController } from './api/windows.controller.js';
import { BatchForecasts } from './batch-forecasts.service.js';
import { CalendarService } from './calendar.service.js';
import { WindowsService } from './windows.service.js';

/** Maintenance windows and blackouts, and what they mean for a batch. */
@Module({
  imports: [AuthModule, OrchestrationModule, FleetBatchesModule],
  controllers: [WindowsController],
  providers: [BatchForecasts, CalendarService, WindowsService],
  exports: [BatchForecasts, CalendarService],
})
export class CalendarModule {}

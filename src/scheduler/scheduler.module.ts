import { Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { OrchestrationModule } from '../orchestration/orchestration.module.js';
import { RetentionService } from './retention.service.js';
import { SchedulerService } from './scheduler.service.js';

@Module({
  imports: [ScheduleModule.forRoot(), OrchestrationModule],
  providers: [RetentionService, SchedulerService],
  exports: [RetentionService],
})
export class SchedulerModule {}

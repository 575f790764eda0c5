import { Module } from '@nestjs/common';
import { OrchestrationModule } from '../../orchestration/orchestration.module.js';
import { JobsController } from './api/jobs.controller.js';
import { JobLogs } from './job-logs.service.js';
import { JobReads } from './job-reads.service.js';

@Module({
  imports: [OrchestrationModule],
  controllers: [JobsController],
  providers: [JobLogs, JobReads],
  exports: [JobLogs, JobReads],
})
export class JobsModule {}

import { Module } from '@nestjs/common';
import { OrchestrationModule } from '../../orchestration/orchestration.module.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { TargetsController } from './api/targets.controller.js';
import { TargetReads } from './target-reads.service.js';

@Module({
  imports: [JobsModule, OrchestrationModule],
  controllers: [TargetsController],
  providers: [TargetReads],
})
export class TargetsModule {}

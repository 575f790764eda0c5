import { Module } from '@nestjs/common';
import { AuthModule } from '../../auth/auth.module.js';
import { OrchestrationModule } from '../../orchestration/orchestration.module.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { BatchVerbsController } from './api/batch-verbs.controller.js';
import { BatchesController } from './api/batches.controller.js';
import { BatchPreparation } from './batch-preparation.service.js';
import { BatchReads } from './batch-reads.service.js';
import { BatchRules } from './batch-rules.js';
import { BatchVerbs } from './batch-verbs.service.js';
import { FleetBatches } from './fleet-batches.service.js';

/** Batches of every dialect: reading, making and steering them. */
@Module({
  imports: [AuthModule, OrchestrationModule, JobsModule],
  controllers: [BatchVerbsController, BatchesController],
  providers: [BatchPreparation, BatchReads, BatchRules, BatchVerbs, FleetBatches],
  exports: [BatchReads, BatchRules, FleetBatches],
})
export class FleetBatchesModule {}

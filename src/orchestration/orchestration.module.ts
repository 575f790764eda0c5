import { Module } from '@nestjs/common';
import { AdvanceService } from './advance.service.js';
import { BatchEndsService } from './batch-ends.service.js';
import { BatchesService } from './batches.service.js';
import { JobKinds } from './job-kinds.js';
import { OrchestrationGauges } from './orchestration-gauges.js';
import { OrchestrationMetrics } from './orchestration-metrics.js';
import { RecoveryService } from './recovery.service.js';
import { RunnerService } from './runner.service.js';
import { TargetKinds } from './targets/target-kinds.js';
import { WorkerReadiness } from './worker-readiness.js';
import { WorkerService } from './worker.service.js';

/** Batches, waves, jobs and steps. Knows no cluster, device or image. */
@Module({
  providers: [
    AdvanceService,
    BatchEndsService,
    BatchesService,
    JobKinds,
    OrchestrationGauges,
    OrchestrationMetrics,
    RecoveryService,
    RunnerService,
    TargetKinds,
    WorkerReadiness,
    WorkerService,
  ],
  exports: [BatchesService, JobKinds, OrchestrationMetrics, RecoveryService, TargetKinds, WorkerService],
})
export class OrchestrationModule {}

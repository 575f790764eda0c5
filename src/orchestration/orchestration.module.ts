import { Module } from '@nestjs/common';
import { AdvanceService } from './advance.service.js';
import { ApprovalChecks } from './approval-checks.js';
import { BatchControlService } from './batch-control.service.js';
import { BatchEndsService } from './batch-ends.service.js';
import { BatchRetriesService } from './batch-retries.service.js';
import { BatchesService } from './batches.service.js';
import { JobKinds } from './job-kinds.js';
import { OrchestrationGauges } from './orchestration-gauges.js';
import { OrchestrationMetrics } from './orchestration-metrics.js';
import { RecoveryService } from './recovery.service.js';
import { RollBacksService } from './roll-backs.service.js';
import { RunnerService } from './runner.service.js';
import { TargetKinds } from './targets/target-kinds.js';
import { StartWindows } from './start-windows.js';
import { DelegatedJobKind } from './targets/delegated-jobs.kind.js';
import { WorkerReadiness } from './worker-readiness.js';
import { WorkerService } from './worker.service.js';

/** Batches, waves, jobs and steps. Knows no cluster, device or image. */
@Module({
  providers: [
    AdvanceService,
    ApprovalChecks,
    BatchControlService,
    BatchEndsService,
    BatchRetriesService,
    BatchesService,
    DelegatedJobKind,
    JobKinds,
    OrchestrationGauges,
    OrchestrationMetrics,
    RecoveryService,
    RollBacksService,
    RunnerService,
    StartWindows,
    TargetKinds,
    WorkerReadiness,
    WorkerService,
  ],
  exports: [
    ApprovalChecks,
    BatchControlService,
    BatchRetriesService,
    BatchesService,
    JobKinds,
    OrchestrationMetrics,
    RecoveryService,
    StartWindows,
    TargetKinds,
    WorkerService,
  ],
})
export class OrchestrationModule {}

import { Module } from '@nestjs/common';
import { OrchestrationModule } from '../../orchestration/orchestration.module.js';
import { EnvironmentStepsModule } from '../steps/environment-steps.module.js';
import { TemplatesModule } from '../templates/templates.module.js';
import { DueWorkflows } from './due-workflows.service.js';
import { EnvironmentClock } from './environment-clock.service.js';
import { EnvironmentJobKind } from './environment-jobs.kind.js';
import { FlowSteps } from './flow-steps.service.js';
import { ServerReturns } from './server-returns.service.js';
import { WorkflowEnds } from './workflow-ends.service.js';
import { WorkflowStarts } from './workflow-starts.service.js';

/** Runs workflows of environments on the orchestration: starts, steps, ends, and what is due. */
@Module({
  imports: [EnvironmentStepsModule, OrchestrationModule, TemplatesModule],
  providers: [
    DueWorkflows,
    EnvironmentClock,
    EnvironmentJobKind,
    FlowSteps,
    ServerReturns,
    WorkflowEnds,
    WorkflowStarts,
  ],
  exports: [WorkflowEnds, WorkflowStarts],
})
export class EngineModule {}

import { Module } from '@nestjs/common';
import { AccessModule } from '../access/access.module.js';
import { EngineModule } from '../engine/engine.module.js';
import { OrchestrationModule } from '../../orchestration/orchestration.module.js';
import { TemplatesModule } from '../templates/templates.module.js';
import { DashboardsController } from './api/dashboards.controller.js';
import { EnvActionsController } from './api/env-actions.controller.js';
import { EnvHistoryController } from './api/env-history.controller.js';
import { EnvJobsController } from './api/env-jobs.controller.js';
import { EnvWorkflowsController } from './api/env-workflows.controller.js';
import { EnvsController } from './api/envs.controller.js';
import { DashboardsService } from './dashboards.service.js';
import { DetailsService } from './details.service.js';
import { EnvironmentAccess } from './environment-access.service.js';
import { EnvironmentTargets } from './environment-targets.js';
import { EnvironmentsService } from './environments.service.js';
import { HistoryService } from './history.service.js';
import { SchedulesService } from './schedules.service.js';
import { TimesToLive } from './times-to-live.service.js';
import { WorkflowRuns } from './workflow-runs.service.js';

/** Environments, and what people do with them. */
@Module({
  imports: [AccessModule, EngineModule, OrchestrationModule, TemplatesModule],
  controllers: [
    EnvsController,
    EnvActionsController,
    EnvWorkflowsController,
    EnvHistoryController,
    EnvJobsController,
    DashboardsController,
  ],
  providers: [
    DashboardsService,
    DetailsService,
    EnvironmentAccess,
    EnvironmentsService,
    EnvironmentTargets,
    HistoryService,
    SchedulesService,
    TimesToLive,
    WorkflowRuns,
  ],
})
export class EnvsModule {}

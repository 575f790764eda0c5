import { Module } from '@nestjs/common';
import { AuthModule } from '../../auth/auth.module.js';
import { OrchestrationModule } from '../../orchestration/orchestration.module.js';
import { FleetBatchesModule } from '../batches/batches.module.js';
import { PlanTokensController } from './api/plan-tokens.controller.js';
import { PlansController } from './api/plans.controller.js';
import { PlanChecks } from './plan-checks.service.js';
import { PlanRunsService } from './plan-runs.service.js';
import { PlanSecrets } from './plan-secrets.service.js';
import { PlanTokensService } from './plan-tokens.service.js';
import { PlansService } from './plans.service.js';

/** Named plans: what schedules, hooks and pipelines start. */
@Module({
  imports: [AuthModule, FleetBatchesModule, OrchestrationModule],
  controllers: [PlansController, PlanTokensController],
  providers: [PlanChecks, PlanRunsService, PlanSecrets, PlanTokensService, PlansService],
  exports: [PlanRunsService, PlanSecrets, PlansService],
})
export class PlansModule {}

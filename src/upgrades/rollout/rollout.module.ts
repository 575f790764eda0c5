import { Module } from '@nestjs/common';
import { DriversModule } from '../../drivers/drivers.module.js';
import { OrchestrationModule } from '../../orchestration/orchestration.module.js';
import { UpgradeDialectModule } from '../drf/upgrade-dialect.module.js';
import { ImagesModule } from '../images/images.module.js';
import { InventoryModule } from '../inventory/inventory.module.js';
import { WorkflowsModule } from '../workflows/workflows.module.js';
import { JobsController } from './api/jobs.controller.js';
import { SystemStatusController } from './api/system-status.controller.js';
import { UpgradeController } from './api/upgrade.controller.js';
import { DeviceTargets } from './device-targets.js';
import { TriggerLookups } from './trigger-lookups.service.js';
import { TriggerService } from './trigger.service.js';
import { UpgradeJobKind } from './upgrade-jobs.kind.js';
import { UpgradeJobsService } from './upgrade-jobs.service.js';
import { UpgradeRollBacks } from './upgrade-roll-backs.js';

/** Upgrades: triggered, run as jobs of the orchestration, watched and cancelled. */
@Module({
  imports: [DriversModule, ImagesModule, InventoryModule, OrchestrationModule, UpgradeDialectModule, WorkflowsModule],
  controllers: [JobsController, SystemStatusController, UpgradeController],
  providers: [DeviceTargets, TriggerLookups, TriggerService, UpgradeJobKind, UpgradeJobsService, UpgradeRollBacks],
})
export class RolloutModule {}

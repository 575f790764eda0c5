import { Module } from '@nestjs/common';
import { AuditedRowsModule } from '../audited-rows.module.js';
import { UpgradeDialectModule } from '../drf/upgrade-dialect.module.js';
import { ChecksController } from './api/checks.controller.js';
import { WorkflowStepsController } from './api/workflow-steps.controller.js';
import { WorkflowsController } from './api/workflows.controller.js';
import { ChecksService } from './checks.service.js';
import { WorkflowLookupService } from './workflow-lookup.service.js';
import { WorkflowsService } from './workflows.service.js';

@Module({
  imports: [UpgradeDialectModule, AuditedRowsModule],
  controllers: [WorkflowsController, WorkflowStepsController, ChecksController],
  providers: [ChecksService, WorkflowLookupService, WorkflowsService],
  exports: [WorkflowLookupService],
})
export class WorkflowsModule {}

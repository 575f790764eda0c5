import { Module } from '@nestjs/common';
import { AuditedRowsModule } from '../audited-rows.module.js';
import { UpgradeDialectModule } from '../drf/upgrade-dialect.module.js';
import { WorkflowLookupService } from './workflow-lookup.service.js';

@Module({
  imports: [UpgradeDialectModule, AuditedRowsModule],
  providers: [WorkflowLookupService],
  exports: [WorkflowLookupService],
})
export class WorkflowsModule {}

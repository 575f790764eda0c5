import { Module } from '@nestjs/common';
import { AuthModule } from '../../auth/auth.module.js';
import { OrchestrationModule } from '../../orchestration/orchestration.module.js';
import { FleetBatchesModule } from '../batches/batches.module.js';
import { CalendarModule } from '../calendar/calendar.module.js';
import { ApprovalsController } from './api/approvals.controller.js';
import { ApprovalDigest } from './approval-digest.service.js';
import { ApprovalsService } from './approvals.service.js';

/** Batches that others have to say yes to before anything starts. */
@Module({
  imports: [AuthModule, OrchestrationModule, FleetBatchesModule, CalendarModule],
  controllers: [ApprovalsController],
  providers: [ApprovalDigest, ApprovalsService],
})
export class ApprovalsModule {}

import { Module } from '@nestjs/common';
import { DialectErrors } from '../http/dialect-errors.js';
import { FLEET_ERRORS } from './api/fleet-errors.js';
import { ApprovalsModule } from './approvals/approvals.module.js';
import { AuditChainModule } from './audit-chain/audit-chain.module.js';
import { FleetBatchesModule } from './batches/batches.module.js';
import { CalendarModule } from './calendar/calendar.module.js';
import { EventsModule } from './events/events.module.js';
import { HooksModule } from './hooks/hooks.module.js';
import { FleetIdentityModule } from './identity/identity.module.js';
import { FleetAuditModule } from './audit/audit.module.js';
import { FleetWorkersModule } from './workers/workers.module.js';
import { SchedulesModule } from './schedules/schedules.module.js';
import { TargetsModule } from './targets/targets.module.js';
import { JobsModule } from './jobs/jobs.module.js';
import { PlansModule } from './plans/plans.module.js';
import { PreviewsModule } from './previews/previews.module.js';
import { WebhooksModule } from './webhooks/webhooks.module.js';

/** Our own API under `/fleet/v1`: every batch of every dialect, in one place. Each part of it is a module of its own. */
@Module({
  imports: [
    ApprovalsModule,
    AuditChainModule,
    CalendarModule,
    EventsModule,
    FleetAuditModule,
    FleetBatchesModule,
    FleetIdentityModule,
    FleetWorkersModule,
    HooksModule,
    JobsModule,
    PlansModule,
    PreviewsModule,
    SchedulesModule,
    TargetsModule,
    WebhooksModule,
  ],
})
export class FleetModule {
  constructor(errors: DialectErrors) {
    errors.register(FLEET_ERRORS);
  }
}

import { Module } from '@nestjs/common';
import { DialectErrors } from '../http/dialect-errors.js';
import { FLEET_ERRORS } from './api/fleet-errors.js';
import { AuditChainModule } from './audit-chain/audit-chain.module.js';
import { FleetBatchesModule } from './batches/batches.module.js';
import { CalendarModule } from './calendar/calendar.module.js';
import { EventsModule } from './events/events.module.js';
import { JobsModule } from './jobs/jobs.module.js';
import { WebhooksModule } from './webhooks/webhooks.module.js';

/** Our own API under `/fleet/v1`: every batch of every dialect, in one place. Each part of it is a module of its own. */
@Module({ imports: [AuditChainModule, CalendarModule, EventsModule, FleetBatchesModule, JobsModule, WebhooksModule] })
export class FleetModule {
  constructor(errors: DialectErrors) {
    errors.register(FLEET_ERRORS);
  }
}

import { Module } from '@nestjs/common';
import { OrchestrationModule } from '../../orchestration/orchestration.module.js';
import { RetentionService } from '../../scheduler/retention.service.js';
import { SchedulerModule } from '../../scheduler/scheduler.module.js';
import { EventsModule } from '../events/events.module.js';
import { WebhooksController } from './api/webhooks.controller.js';
import { DeadLettersService } from './dead-letters.service.js';
import { LanePlannerService } from './lane-planner.service.js';
import { LanesService } from './lanes.service.js';
import { RedeliveriesService } from './redeliveries.service.js';
import { WebhookCaller } from './webhook-caller.js';
import { WebhookListsService } from './webhook-lists.service.js';
import { WebhookMetrics } from './webhook-metrics.js';
import { WebhookParts } from './webhook-parts.js';
import { WebhookReceiversService } from './webhook-receivers.service.js';
import { WebhookSenderService } from './webhook-sender.service.js';
import { WebhooksService } from './webhooks.service.js';

/** Events told to other systems: `webhook-sender.service.ts` is where it begins. */
@Module({
  imports: [EventsModule, OrchestrationModule, SchedulerModule],
  controllers: [WebhooksController],
  providers: [
    DeadLettersService,
    LanePlannerService,
    LanesService,
    RedeliveriesService,
    WebhookCaller,
    WebhookListsService,
    WebhookMetrics,
    WebhookParts,
    WebhookReceiversService,
    WebhookSenderService,
    WebhooksService,
  ],
})
export class WebhooksModule {
  constructor(retention: RetentionService) {
    // As long as the events themselves; what could not be delivered waits for somebody to look.
    retention.register({ table: 'webhook_deliveries', at: 'at', where: `status = 'delivered'`, keptFor: 'events' });
  }
}

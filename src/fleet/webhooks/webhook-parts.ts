import { Injectable } from '@nestjs/common';
import { DeadLettersService } from './dead-letters.service.js';
import { LanesService } from './lanes.service.js';
import { WebhookCaller } from './webhook-caller.js';
import { WebhookMetrics } from './webhook-metrics.js';
import { WebhookReceiversService } from './webhook-receivers.service.js';

/** What the sender works with, in one hand. */
@Injectable()
export class WebhookParts {
  constructor(
    readonly lanes: LanesService,
    readonly deadLetters: DeadLettersService,
    readonly caller: WebhookCaller,
    readonly receivers: WebhookReceiversService,
    readonly metrics: WebhookMetrics,
  ) {}
}

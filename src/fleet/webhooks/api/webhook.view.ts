import type { DeliveryStatus, WebhookDelivery } from '../webhook-delivery.entity.js';
import type { WebhookLane } from '../webhook-lane.entity.js';
import type { Webhook } from '../webhook.entity.js';

/** Its secret is in no answer. */
export class WebhookView {
  id: number;
  name: string;
  url: string;
  types: string[];
  dialects: string[];
  enabled: boolean;
  /** Why Slipway itself disabled it. */
  disabled_reason: string | null;
  /** Until then the secret before signs as well. */
  previous_secret_until: Date | null;
  version: number;
  created_by: string;
  created_at: Date;
  updated_at: Date;
}

export class WebhookPage {
  items: WebhookView[];
  next_cursor: string | null;
}

export class DeliveryView {
  id: string;
  seq: number;
  /** The header it is sent with. */
  webhook_id: string;
  batch_id: string;
  type: string;
  status: DeliveryStatus;
  attempts: number;
  http_status: number | null;
  error: string | null;
  at: Date;
}

export class DeliveryPage {
  items: DeliveryView[];
  next_cursor: string | null;
}

/** A batch that the webhook has yet to be told of. */
export class BacklogView {
  batch_id: string;
  told_up_to: number;
  wanted_up_to: number;
  /** Failed tries of the event that is next. */
  attempts: number;
  next_try_at: Date;
  failing_since: Date | null;
  last_error: string | null;
}

export class BacklogPage {
  items: BacklogView[];
  next_cursor: string | null;
}

export class RedeliveryView {
  /** How many are tried again. */
  redelivering: number;
}

export function toWebhookView(hook: Webhook): WebhookView {
  return {
    id: hook.id,
    name: hook.name,
    url: hook.url,
    types: hook.types,
    dialects: hook.dialects,
    enabled: hook.enabled,
    disabled_reason: hook.disabledReason,
    previous_secret_until: hook.previousSecretUntil,
    version: hook.version,
    created_by: hook.createdByName,
    created_at: hook.createdAt,
    updated_at: hook.updatedAt,
  };
}

export function toDeliveryView(delivery: WebhookDelivery): DeliveryView {
  const { id, seq, batchId, type, status, attempts, httpStatus, error, at } = delivery;
  const webhook_id = `evt_${seq}`;
  return {
    id,
    seq: Number(seq),
    webhook_id,
    batch_id: batchId,
    type,
    status,
    attempts,
    http_status: httpStatus,
    error,
    at,
  };
}

export function toBacklogView(lane: WebhookLane): BacklogView {
  return {
    batch_id: lane.batchId,
    told_up_to: Number(lane.afterSeq),
    wanted_up_to: Number(lane.uptoSeq),
    attempts: lane.attempts,
    next_try_at: lane.nextAt,
    failing_since: lane.firstFailedAt,
    last_error: lane.lastError,
  };
}

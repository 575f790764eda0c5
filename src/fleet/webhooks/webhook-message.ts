import type { LoggedEvent } from '../events/logged-event.js';
import { toEventView } from '../events/event.view.js';
import { signatureOf } from '../signing/standard-webhooks.js';

/** What is delivered. Fixed when it is first tried: all tries of an event carry the same id and the same body. */
export interface WebhookMessage {
  readonly seq: number;
  readonly batchId: string;
  readonly type: string;
  readonly body: string;
}

/** Standard Webhooks: a type, a time, and data that says all there is to say. */
export function messageOf(event: LoggedEvent): WebhookMessage {
  return {
    seq: event.seq,
    batchId: event.batchId,
    type: event.type,
    body: JSON.stringify({ type: event.type, timestamp: event.at, data: toEventView(event) }),
  };
}

/** The id stays the same however often an event is delivered: a receiver tells repetitions by it. */
export function headersOf(message: WebhookMessage, secrets: readonly string[], now: Date): Record<string, string> {
  const id = `evt_${message.seq}`;
  const timestamp = Math.floor(now.getTime() / 1000);
  return {
    'content-type': 'application/json',
    'user-agent': 'slipway-webhooks',
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signatureOf(secrets, { id, timestamp, body: message.body }),
  };
}

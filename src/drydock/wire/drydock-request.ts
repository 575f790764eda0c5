import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const UUID4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;
const NAME = /^[\p{L}\p{N}\p{P}\p{S} ]{1,255}$/u;

const numbers = new WeakMap<IncomingMessage, string>();

/** The id every answer carries as `X-Drydock-Req`: one for each request, whoever answers it and however often it is asked. */
export function requestNumberOf(request: IncomingMessage): string {
  const number = numbers.get(request) ?? randomUUID();
  numbers.set(request, number);
  return number;
}

/** What a client said of where its request comes from, as far as it is fit to be kept (spec drydock section 1). */
export interface ClientContext {
  readonly contextMarker?: string;
  readonly endUser?: string;
}

export function clientContextOf({ headers }: Pick<IncomingMessage, 'headers'>): ClientContext {
  const marker = headers['x-context-marker'];
  const user = headers['x-end-user'];
  return {
    ...(typeof marker === 'string' && UUID4.test(marker) ? { contextMarker: marker.toLowerCase() } : {}),
    ...(typeof user === 'string' && NAME.test(user) ? { endUser: user } : {}),
  };
}

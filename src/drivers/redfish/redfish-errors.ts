import { DriverError } from '../device-driver.js';
import type { RedfishAnswer } from './redfish-call.js';
import { isObject, partOf, textAt } from './json-parts.js';

const LONGEST_WAIT_MS = 60_000;

/** What a refusal means. `hide` takes secrets out: a controller may repeat what it was sent. */
export function refusalOf(answer: RedfishAnswer, what: string, hide: (text: string) => string): DriverError {
  const said = messageOf(answer.body);
  const message = `The controller answered ${what} with ${answer.status}${said === null ? '' : `: ${hide(said)}`}`;
  const { status } = answer;
  if (status === 401 || status === 403) return new DriverError('auth_failed', message);
  if (status === 404 || status === 405 || status === 501) return new DriverError('unsupported', message);
  if (isBusy(answer) || status >= 500) return new DriverError('unreachable', message);
  return new DriverError('command_rejected', message);
}

/** It is worth asking again: the controller starts, or does something else. */
export function isBusy({ status }: RedfishAnswer): boolean {
  return status === 503 || status === 429;
}

/** Milliseconds by `Retry-After` (seconds or a date); null where it does not say. */
export function retryAfterOf({ headers }: RedfishAnswer, now: number): number | null {
  const value = headers['retry-after']?.trim();
  if (!value) return null;
  const ms = /^\d{1,9}$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isFinite(ms) ? Math.min(LONGEST_WAIT_MS, Math.max(0, ms)) : null;
}

/** The extended messages are for people; the general one only says that there are some. */
function messageOf(body: unknown): string | null {
  const extended = partOf(body, 'error', '@Message.ExtendedInfo');
  const texts = (Array.isArray(extended) ? extended : [])
    .filter(isObject)
    .map((item) => textAt(item, 'Message'))
    .filter((text) => text !== null);
  return texts.length > 0 ? texts.slice(0, 3).join(' ').slice(0, 300) : textAt(body, 'error', 'message');
}

import { PoolError, type PoolErrorCode } from '../pool/pool-provider.js';
import type { HttpAnswer } from './http-call.js';
import { isObject } from './json-fields.js';

const LONGEST_MESSAGE = 300;
const LONGEST_WAIT_S = 3_600;

/** What a refusal means. The services word theirs differently: Nova `{forbidden: {message}}`, Neutron `{NeutronError}`, Glance HTML. */
export function refusalOf(answer: HttpAnswer, where: string, secrets: readonly string[]): PoolError {
  const said = messageOf(answer.text);
  const isQuota = answer.status === 413 || (/quota|overlimit/i.test(answer.text) && [403, 409].includes(answer.status));
  const text = `${where}: ${answer.status}${said ? `, ${hide(said, secrets)}` : ''}`;
  return new PoolError(isQuota ? 'quota' : codeOf(answer.status), text, retryAfterOf(answer.headers));
}

function codeOf(status: number): PoolErrorCode {
  switch (status) {
    case 400:
    case 422:
      return 'bad_request';
    case 401:
      return 'auth';
    case 404:
    case 410:
      return 'not_found';
    // In another state than the act needs, for instance a server that is still being built: it will not stay so.
    case 409:
    case 408:
    case 429:
      return 'unavailable';
    default:
      return status >= 500 ? 'unavailable' : 'refused';
  }
}

/** Seconds, or a date; of 413, 429 and 503. */
export function retryAfterOf(headers: Headers, now = Date.now()): number | null {
  const value = headers.get('retry-after')?.trim();
  if (!value) return null;
  const seconds = /^\d+$/.test(value) ? Number(value) : Math.ceil((Date.parse(value) - now) / 1000);
  return Number.isFinite(seconds) ? Math.min(LONGEST_WAIT_S, Math.max(0, seconds)) : null;
}

/** The deepest `message` of the services' various wrappings; of anything else its first words. */
function messageOf(text: string): string {
  try {
    const found = messageIn(JSON.parse(text) as unknown, 0);
    if (found) return shorten(found);
  } catch {
    // Not JSON.
  }
  return shorten(text.replace(/<(style|script|title)[\s\S]*?<\/\1>/gi, ' ').replace(/<[^>]*>/g, ' '));
}

function messageIn(value: unknown, depth: number): string | null {
  if (!isObject(value) || depth > 3) return null;
  if (typeof value['message'] === 'string') return value['message'];
  for (const inner of Object.values(value)) {
    const found = messageIn(inner, depth + 1);
    if (found) return found;
  }
  return null;
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > LONGEST_MESSAGE ? `${line.slice(0, LONGEST_MESSAGE)}…` : line;
}

/** A server may repeat what it was sent. */
function hide(text: string, secrets: readonly string[]): string {
  return secrets.reduce((shown, secret) => (secret === '' ? shown : shown.replaceAll(secret, '[hidden]')), text);
}

import { Invalid } from '../../common/errors.js';
import { unstorable } from '../../common/fields/unstorable.js';
import type { HookRequest } from './hook-signature.js';

/** What was sent, read only after its signature was found right. GitHub may send it as a form with one field, `payload`. */
export function readPayload({ headers, body }: HookRequest): unknown {
  const text = body.toString('utf8');
  const isForm = /^\s*application\/x-www-form-urlencoded\b/i.test(String(headers['content-type'] ?? ''));
  const json = isForm ? new URLSearchParams(text).get('payload') : text;
  const payload = parsed(json ?? '');
  const problem = unstorable(payload);
  if (problem) throw new Invalid(`The payload cannot be taken: ${problem.detail}.`, { code: 'invalid_payload' });
  return payload;
}

function parsed(json: string): unknown {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Said below, without the piece of the body that V8's message quotes.
  }
  throw new Invalid('The payload must be a JSON object.', { code: 'invalid_payload' });
}

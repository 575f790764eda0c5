import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * Signatures as Standard Webhooks describes them (specification 1.0.0): HMAC-SHA256 over id, time and body, in base64. For
 * what we send, and for what is sent to us. Decides only.
 */
export interface SignedMessage {
  readonly id: string;
  /** Seconds since 1970. */
  readonly timestamp: number;
  readonly body: string | Buffer;
}

const PREFIX = 'whsec_';
const LEAST_BYTES = 24;
const MOST_BYTES = 64;
/** How far a signed time may be off: longer ago it may be a replay. */
export const TOLERANCE_S = 5 * 60;

/** The key in a secret as `whsec_` and base64; null when it is none of 24 to 64 bytes. */
export function keyOfSecret(secret: string): Buffer | null {
  const text = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : '';
  const key = Buffer.from(text, 'base64');
  // What is no base64 is skipped in reading it, so it is told by writing it again.
  return key.length >= LEAST_BYTES && key.length <= MOST_BYTES && key.toString('base64') === text ? key : null;
}

/** The value of `webhook-signature`: one signature for each secret, so that a receiver may know either. */
export function signatureOf(secrets: readonly string[], message: SignedMessage): string {
  return secrets.map((secret) => `v1,${signed(secret, message).toString('base64')}`).join(' ');
}

/** Is one of the signatures in the header right? Takes as long for a wrong one as for a right one. */
export function isSignedBy(secret: string, message: SignedMessage, header: string): boolean {
  const expected = signed(secret, message);
  return header
    .split(' ', 20)
    .map((part) => Buffer.from(part.startsWith('v1,') ? part.slice(3) : '', 'base64'))
    .some((given) => given.length === expected.length && timingSafeEqual(given, expected));
}

export function isRecent(timestamp: number, now: Date): boolean {
  return Math.abs(now.getTime() / 1000 - timestamp) <= TOLERANCE_S;
}

function signed(secret: string, { id, timestamp, body }: SignedMessage): Buffer {
  const key = keyOfSecret(secret);
  if (key === null) throw new Error('not a secret of a webhook');
  return createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest();
}

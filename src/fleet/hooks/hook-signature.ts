import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { isRecent, isSignedBy, keyOfSecret } from '../signing/standard-webhooks.js';
import type { HookKind } from './hook.entity.js';

/** A call as it came: the signature is over these very bytes. */
export interface HookRequest {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export type SignatureVerdict =
  /** `delivery` stands for what was signed: the same for a repetition. */
  { readonly right: true; readonly delivery: string } | { readonly right: false; readonly why: string };

/** Where each caller says what happened. Not signed: good for leaving out, not for letting in. */
const EVENT_HEADERS: Readonly<Record<HookKind, string>> = {
  github: 'x-github-event',
  gitlab: 'x-gitlab-event',
  standard: 'x-slipway-event',
  generic: 'x-slipway-event',
};

const VERIFY: Readonly<Record<HookKind, (secret: string, request: HookRequest, now: Date) => SignatureVerdict>> = {
  github,
  gitlab,
  standard,
  generic,
};

/** Is the call from somebody who knows the secret, and made just now? Decides only; takes as long for a wrong signature. */
export function verifyCall(kind: HookKind, secret: string, request: HookRequest, now: Date): SignatureVerdict {
  return VERIFY[kind](secret, request, now);
}

export function eventOf(kind: HookKind, { headers }: HookRequest): string | null {
  return one(headers, EVENT_HEADERS[kind])?.slice(0, 100) ?? null;
}

/** GitHub: HMAC-SHA256 of the body. It has no time, so a body counts once for ever, whatever its delivery is called. */
function github(secret: string, { headers, body }: HookRequest): SignatureVerdict {
  const given = one(headers, 'x-hub-signature-256');
  if (given === undefined) return wrong('There is no X-Hub-Signature-256.');
  if (!isHexOf(given, hmac(secret, body))) return wrong('X-Hub-Signature-256 is not right.');
  return { right: true, delivery: `body:${digest(body)}` };
}

/** GitLab: its signing token makes Standard Webhooks signatures; the older secret token is only shown. */
function gitlab(secret: string, request: HookRequest, now: Date): SignatureVerdict {
  if (keyOfSecret(secret)) return standard(secret, request, now);
  const given = one(request.headers, 'x-gitlab-token');
  if (given === undefined) return wrong('There is no X-Gitlab-Token.');
  if (!isSame(Buffer.from(digest(given)), Buffer.from(digest(secret)))) return wrong('X-Gitlab-Token is not right.');
  const key = one(request.headers, 'idempotency-key');
  return { right: true, delivery: key === undefined ? `body:${digest(request.body)}` : `key:${digest(key)}` };
}

function standard(secret: string, { headers, body }: HookRequest, now: Date): SignatureVerdict {
  const id = one(headers, 'webhook-id');
  const timestamp = timeOf(one(headers, 'webhook-timestamp'));
  const given = one(headers, 'webhook-signature');
  if (id === undefined || id === '' || timestamp === null || given === undefined) {
    return wrong('There have to be webhook-id, webhook-timestamp and webhook-signature.');
  }
  if (!isSignedBy(secret, { id, timestamp, body }, given)) return wrong('webhook-signature is not right.');
  if (!isRecent(timestamp, now)) return wrong('webhook-timestamp is more than five minutes off.');
  return { right: true, delivery: `id:${digest(id)}` };
}

/** For anything that can run `openssl dgst`: HMAC-SHA256 of the time, a dot and the body, in hex. */
function generic(secret: string, { headers, body }: HookRequest, now: Date): SignatureVerdict {
  const timestamp = timeOf(one(headers, 'x-slipway-timestamp'));
  const given = one(headers, 'x-slipway-signature');
  if (timestamp === null || given === undefined) {
    return wrong('There have to be X-Slipway-Timestamp and X-Slipway-Signature.');
  }
  const expected = hmac(secret, Buffer.concat([Buffer.from(`${timestamp}.`), body]));
  if (!isHexOf(given, expected)) return wrong('X-Slipway-Signature is not right.');
  if (!isRecent(timestamp, now)) return wrong('X-Slipway-Timestamp is more than five minutes off.');
  return { right: true, delivery: `signature:${expected.toString('hex')}` };
}

function wrong(why: string): SignatureVerdict {
  return { right: false, why };
}

function one(headers: HookRequest['headers'], name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}

/** As it was written, so that what was signed is what is checked: no sign, no leading zero. */
function timeOf(text: string | undefined): number | null {
  return text !== undefined && /^[1-9]\d{0,11}$/.test(text) ? Number(text) : null;
}

function hmac(secret: string, data: Buffer): Buffer {
  return createHmac('sha256', secret).update(data).digest();
}

function digest(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

function isHexOf(header: string, expected: Buffer): boolean {
  const hex = /^sha256=([0-9a-f]{64})$/i.exec(header)?.[1];
  return hex !== undefined && isSame(Buffer.from(hex, 'hex'), expected);
}

function isSame(given: Buffer, expected: Buffer): boolean {
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** Can it be the secret of such a hook? */
export function fitsKind(kind: HookKind, secret: string): boolean {
  if (kind === 'standard') return keyOfSecret(secret) !== null;
  return secret.length >= 16 && !(kind === 'gitlab' && secret.startsWith('whsec_') && !keyOfSecret(secret));
}

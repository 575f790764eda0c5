import { PoolError, type PoolIo } from '../pool/pool-provider.js';
import { isObject, unexpected, type JsonObject } from './json-fields.js';

/** One request to a cloud's API. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: JsonObject;
  /** A stream's bytes, `length` of them. */
  readonly file?: { readonly body: ReadableStream<Uint8Array>; readonly length: number };
  /** Ends the request beside `io.signal`, for instance when a stream stands still. */
  readonly signal?: AbortSignal;
  /** Milliseconds for the whole exchange; null: `signal` alone watches it. */
  readonly timeoutMs: number | null;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** More than any page of a list: a cloud that sends more is out of order. */
const LARGEST_ANSWER = 32 * 1024 * 1024;

/** What a request is called in messages: no query, which may hold what a user typed. */
export function nameOf(request: Pick<HttpRequest, 'method' | 'url'>): string {
  return `${request.method} ${request.url.origin}${request.url.pathname}`;
}

/**
 * Sends one request in the provider's turn. Any status is an answer, but a redirect is refused: it would carry the token
 * to a place nobody configured. Throws a `PoolError` for everything that goes wrong on the way.
 */
export async function send(request: HttpRequest, io: PoolIo): Promise<HttpAnswer> {
  await io.turn();
  if (io.signal.aborted) throw new PoolError('aborted', `${nameOf(request)}: stopped`);
  const timeout = request.timeoutMs === null ? null : AbortSignal.timeout(request.timeoutMs);
  const signals = [io.signal, timeout, request.signal].filter((signal) => signal !== null && signal !== undefined);
  try {
    const response = await fetch(request.url, {
      method: request.method,
      headers: headersOf(request),
      body: request.file?.body ?? (request.json ? JSON.stringify(request.json) : undefined),
      duplex: 'half',
      redirect: 'manual',
      signal: AbortSignal.any(signals),
    });
    if (response.status >= 300 && response.status < 400) {
      await response.body?.cancel();
      throw new PoolError('refused', `${nameOf(request)}: answered with a redirect, which is not followed`);
    }
    return { status: response.status, headers: response.headers, text: await textOf(response, request) };
  } catch (error) {
    throw toPoolError(error, request, io);
  }
}

function headersOf({ json, file, headers }: HttpRequest): Record<string, string> {
  return {
    accept: 'application/json',
    'user-agent': 'slipway',
    ...(json && { 'content-type': 'application/json' }),
    ...(file && { 'content-type': 'application/octet-stream', 'content-length': String(file.length) }),
    ...headers,
  };
}

async function textOf(response: Response, request: HttpRequest): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > LARGEST_ANSWER) throw unexpected(nameOf(request), 'it does not end');
  }
  return Buffer.concat(chunks).toString('utf8');
}

function toPoolError(error: unknown, request: HttpRequest, io: PoolIo): PoolError {
  if (error instanceof PoolError) return error;
  if (io.signal.aborted) return new PoolError('aborted', `${nameOf(request)}: stopped`);
  const name = nameOf(request);
  if (isTimeout(error)) return new PoolError('unavailable', `${name}: no answer within ${request.timeoutMs! / 1000} s`);
  if (request.signal?.reason instanceof PoolError) return request.signal.reason;
  return new PoolError('unavailable', `${name}: ${reasonOf(error)}`);
}

function isTimeout(error: unknown): boolean {
  return isObject(error) && error['name'] === 'TimeoutError';
}

/** `fetch` says only "fetch failed"; what failed is the innermost cause. */
function reasonOf(error: unknown): string {
  let innermost = error;
  while (isObject(innermost) && isObject(innermost['cause'])) innermost = innermost['cause'];
  if (!isObject(innermost)) return String(error);
  const [code, message] = [innermost['code'], innermost['message']];
  if (typeof message === 'string' && message !== '') return message;
  return typeof code === 'string' ? code : 'failed';
}

/** The answer's JSON object. */
export function jsonOf(answer: HttpAnswer, where: string): JsonObject {
  try {
    const value: unknown = JSON.parse(answer.text);
    if (isObject(value)) return value;
  } catch {
    // Said below.
  }
  throw unexpected(where, 'it is no JSON object');
}

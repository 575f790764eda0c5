import { lookup as resolveName, type LookupAddress } from 'node:dns';
import { type ClientRequest, type IncomingMessage, request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { ActionError } from '../../common/errors.js';
import { AllowedPlaces } from './allowed-places.js';

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** For the whole exchange. */
  readonly timeoutMs: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly reason: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

export interface HttpSettings {
  readonly allow: readonly string[];
  /** What the list is called, for whoever is refused. */
  readonly allowSetting?: string;
  /** Bytes of an answer's body. */
  readonly mostBytes?: number;
  /** Stands for the system's resolver in tests. */
  readonly lookup?: typeof resolveName;
}

const MOST_BYTES = 4 * 1024 * 1024;
/** They are about the connection, which is ours. */
const OUR_HEADERS = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'te',
  'transfer-encoding',
]);

/**
 * Calls web services (spec environments sections 5.3 and 7.3). Only places that are allowed, told by the very address that
 * is then connected to, so that a name cannot change its meaning in between. Redirects are answers like others.
 */
export class HttpCaller {
  private readonly places: AllowedPlaces;

  constructor(private readonly settings: HttpSettings) {
    this.places = new AllowedPlaces(settings.allow, settings.allowSetting);
  }

  /** Any status is an answer. Throws `ActionError`: retryable unless it can never be called. */
  async call(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    const url = this.check(request);
    const limit = AbortSignal.timeout(request.timeoutMs);
    try {
      return await this.exchange(url, request, AbortSignal.any([signal, limit]));
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ActionError) throw error;
      if (limit.aborted) throw failure(url, `no answer within ${request.timeoutMs / 1000} s`, error);
      throw failure(url, error instanceof Error && error.message !== '' ? error.message : 'no answer', error);
    }
  }

  private check(request: HttpRequest): URL {
    const url = URL.canParse(request.url) ? new URL(request.url) : null;
    if (!url || !/^https?:$/.test(url.protocol)) throw refusal('The URL is no http:// or https:// address');
    if (url.username !== '' || url.password !== '') throw refusal('A login belongs into the headers, not into the URL');
    const host = hostOf(url);
    const bad = Object.keys(request.headers).find((name) => OUR_HEADERS.has(name.toLowerCase()));
    if (bad !== undefined) throw refusal(`The header ${bad} cannot be set`);
    // The resolver is not asked about a plain address.
    const why = /^[\d.]+$|:/.test(host) ? this.places.whyNot(host, portOf(url), host) : null;
    if (why !== null) throw refusal(why);
    return url;
  }

  private exchange(url: URL, request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const send = url.protocol === 'https:' ? tlsRequest : plainRequest;
      let sent: ClientRequest;
      try {
        const headers = { accept: 'application/json, */*', 'user-agent': 'slipway', ...request.headers };
        const { method } = request;
        // No agent: a kept connection would have been judged by another call's place.
        sent = send(url, { method, headers, agent: false, signal, lookup: this.lookup(url), maxHeaderSize: 65_536 });
      } catch (error) {
        // The library refuses what no request can hold, as a line end in a header; its text does not repeat the value.
        return reject(refusal(`The request cannot be sent: ${(error as Error).message}`));
      }
      sent.on('error', reject);
      sent.on('response', (response) => this.read(response, url).then(resolve, reject));
      sent.end(request.body ?? undefined);
    });
  }

  /** All of a name's addresses are judged: the connection may be made to any of them. */
  private lookup(url: URL): LookupFunction {
    const resolveHost = this.settings.lookup ?? resolveName;
    return (host, options, done) => {
      resolveHost(host, { ...options, all: true }, (error, found: LookupAddress[]) => {
        if (error) return done(error, '', 0);
        const why = found.map(({ address }) => this.places.whyNot(host, portOf(url), address));
        const allowed = found.filter((_, index) => why[index] === null);
        const [first] = allowed;
        if (!first) return done(refusal(why.find((reason) => reason !== null) ?? `${host} has no address`), '', 0);
        if (options.all) return done(null, allowed);
        done(null, first.address, first.family);
      });
    };
  }

  private async read(response: IncomingMessage, url: URL): Promise<HttpAnswer> {
    const most = this.settings.mostBytes ?? MOST_BYTES;
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > most) {
        response.destroy();
        throw failure(url, `the answer is longer than ${most} bytes`, null);
      }
      chunks.push(chunk);
    }
    const headers = Object.entries(response.headers).map(([name, value]) => [name, [value].flat().join(', ')]);
    return {
      status: response.statusCode ?? 0,
      reason: response.statusMessage ?? '',
      headers: Object.fromEntries(headers) as Record<string, string>,
      text: Buffer.concat(chunks).toString('utf8'),
    };
  }
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1');
}

function portOf(url: URL): number {
  return url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
}

/** No query: it may hold what nobody should see. */
function failure(url: URL, what: string, cause: unknown): ActionError {
  const message = `${url.origin}${url.pathname}: ${what}`;
  return new ActionError(message, { code: 'http_failed', retryable: true, ...(cause ? { cause } : {}) });
}

function refusal(message: string): ActionError {
  return new ActionError(message, { code: 'http_refused', retryable: false });
}

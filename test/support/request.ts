import { Agent, type IncomingHttpHeaders, request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';

export interface TestRequest {
  readonly method?: string;
  /** Sent as it stands: nothing normalises it on the way. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object goes as JSON; text and bytes go as they are. */
  readonly payload?: unknown;
}

export interface TestAnswer {
  readonly statusCode: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The body as JSON, of the type the test says it has. */
  json<T = Record<string, unknown>>(): T;
}

export type Inject = (request: TestRequest | string) => Promise<TestAnswer>;

/** Requests to a listening server, in the form of Fastify's `inject` (which Jest cannot load: it needs an ESM package). */
export function injectInto(origin: string, agent: Agent): Inject {
  return (request) => send(origin, agent, typeof request === 'string' ? { url: request } : request);
}

function send(origin: string, agent: Agent, { method, url, headers, payload }: TestRequest): Promise<TestAnswer> {
  const { hostname, port } = new URL(origin);
  const isRaw = payload === undefined || typeof payload === 'string' || payload instanceof Uint8Array;
  const body = isRaw ? payload : JSON.stringify(payload);
  const isAnnounced = body !== undefined && headers?.['transfer-encoding'] === undefined;
  const length = isAnnounced ? { 'content-length': String(Buffer.byteLength(body)) } : undefined;
  const type = isRaw ? undefined : { 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    const options = {
      hostname,
      port,
      agent,
      method: method ?? 'GET',
      path: url,
      headers: { ...type, ...length, ...headers },
    };
    const outgoing = httpRequest(options, (incoming) => {
      text(incoming).then((answer) => {
        resolve({
          statusCode: incoming.statusCode ?? 0,
          headers: incoming.headers,
          body: answer,
          json: <T>() => JSON.parse(answer) as T,
        });
      }, reject);
    });
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

import { type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http';
import { isIP, type Socket } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { DriverError } from '../device-driver.js';
import type { ControllerAddress } from './controller-address.js';
import { isObject, type JsonObject } from './json-parts.js';

export interface RedfishRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: JsonObject;
}

export interface RedfishAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Null: no JSON object came. */
  readonly body: JsonObject | null;
}

/** The largest resource of a real controller has some hundred kilobytes. */
const LARGEST_ANSWER = 4 * 1024 * 1024;

/**
 * One exchange with a controller, on a connection of its own: some close kept ones without a word. Any status is an answer,
 * a redirect too, which nobody follows. Throws `DriverError`, whose message names host and path and nothing that was sent.
 */
export async function exchange(
  address: ControllerAddress,
  request: RedfishRequest,
  signal: AbortSignal,
  timeoutMs: number,
): Promise<RedfishAnswer> {
  const limit = AbortSignal.timeout(timeoutMs);
  const both = AbortSignal.any([signal, limit]);
  const where = `${request.method} ${address.origin.host}${request.path.split('?', 1)[0]}`;
  try {
    const socket = address.origin.protocol === 'https:' ? await secured(address, both) : null;
    return await send(address, request, socket, both);
  } catch (error) {
    if (signal.aborted) throw new DriverError('aborted', `${where}: stopped`);
    if (error instanceof DriverError) throw error;
    if (limit.aborted)
      throw new DriverError('prompt_timeout', `${where}: no answer within ${timeoutMs / 1000} s`, error);
    const { code, message } = error as NodeJS.ErrnoException;
    const isNever =
      code === 'ECONNREFUSED' || code === 'EHOSTUNREACH' || code === 'ENETUNREACH' || code === 'ENOTFOUND';
    throw new DriverError(isNever ? 'unreachable' : 'connection_lost', `${where}: ${message || code}`, error);
  }
}

/** Not one byte is sent before the certificate is known to be the right one. */
function secured({ origin, fingerprint }: ControllerAddress, signal: AbortSignal): Promise<TLSSocket> {
  const host = hostOf(origin);
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port: origin.port === '' ? 443 : Number(origin.port),
      ...(isIP(host) === 0 ? { servername: host } : {}),
      rejectUnauthorized: fingerprint === null,
    });
    const stop = () => socket.destroy(signal.reason instanceof Error ? signal.reason : new Error('stopped'));
    signal.addEventListener('abort', stop, { once: true });
    socket.once('close', () => signal.removeEventListener('abort', stop));
    socket.once('error', (error: NodeJS.ErrnoException) => reject(tlsProblem(error, origin) ?? error));
    socket.once('secureConnect', () => {
      const shown = socket.getPeerCertificate().fingerprint256?.replaceAll(':', '') ?? '';
      if (fingerprint === null || shown === fingerprint) return resolve(socket);
      socket.destroy();
      reject(new DriverError('host_key_mismatch', `${origin.host} shows another certificate than the design states`));
    });
    if (signal.aborted) stop();
  });
}

function tlsProblem(error: NodeJS.ErrnoException, origin: URL): DriverError | null {
  const isAboutTrust = /CERT|SELF_SIGNED|ALTNAME|ISSUER/.test(error.code ?? '');
  if (!isAboutTrust) return null;
  return new DriverError(
    'host_key_unknown',
    `${origin.host}: nobody vouches for its certificate (${error.code})`,
    error,
  );
}

function send(
  { origin }: ControllerAddress,
  { method, path, headers, json }: RedfishRequest,
  socket: Socket | null,
  signal: AbortSignal,
): Promise<RedfishAnswer> {
  const body = json === undefined ? undefined : JSON.stringify(json);
  return new Promise((resolve, reject) => {
    const outgoing: ClientRequest = httpRequest(
      {
        host: hostOf(origin),
        port: origin.port === '' ? undefined : origin.port,
        defaultPort: socket ? 443 : 80,
        method,
        path,
        signal,
        // With an agent, the connection that was looked at would not be the one that is used.
        ...(socket ? { createConnection: () => socket } : { agent: false }),
        headers: {
          accept: 'application/json',
          'odata-version': '4.0',
          'user-agent': 'slipway',
          ...(body === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) }),
          ...headers,
        },
      },
      (incoming) => void readAnswer(incoming).then(resolve, reject),
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

async function readAnswer(incoming: IncomingMessage): Promise<RedfishAnswer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST_ANSWER) {
      incoming.destroy();
      throw new DriverError('command_rejected', 'The controller gave an answer without end');
    }
    chunks.push(chunk);
  }
  const headers = Object.entries(incoming.headers).map(([name, value]) => [name, [value].flat().join(', ')]);
  return {
    status: incoming.statusCode ?? 0,
    headers: Object.fromEntries(headers) as Record<string, string>,
    body: parsed(Buffer.concat(chunks).toString('utf8')),
  };
}

function parsed(text: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function hostOf(origin: URL): string {
  return origin.hostname.replace(/^\[(.*)\]$/, '$1');
}

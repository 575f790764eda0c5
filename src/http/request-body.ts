import type { IncomingMessage } from 'node:http';
import { parse as parseQuery } from 'node:querystring';
import type { Readable } from 'node:stream';
import { TextDecoder } from 'node:util';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type FrameworkError, malformedBody, unsupportedMediaType } from './framework-error.js';

/**
 * A body that could not be read. It travels as `request.body` and is thrown by `RequestBodyInterceptor`, so that who
 * is asking is settled first: a 400 for bad JSON must not come before the 401 (spec upgrade section 1.1).
 */
export class UnreadableBody {
  constructor(readonly error: FrameworkError) {}
}

/** A body of a type only some routes take (`@AcceptsMedia`); nothing has been read from it yet. */
export class UnreadBody {
  constructor(
    readonly mediaType: string,
    readonly stream: Readable,
  ) {}
}

/** More fields than any form of ours has; a guard against a body of a million `a&a&a`. */
const MAX_FORM_FIELDS = 10_000;
const FORBIDDEN_NAME = 'The body holds a forbidden property name';

type Done = (error: Error | null, body?: unknown) => void;
type GuardedParse = ReturnType<FastifyInstance['getDefaultJsonParser']>;

/** Replaces Fastify's body parsers by ones that never refuse by themselves. */
export function installBodyParsers(fastify: FastifyInstance): void {
  const originalTypes = keepTypeParsable(fastify);
  const guardedParse = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeContentTypeParser(['application/json', 'text/plain']);
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done: Done) => {
    if (isTakenRaw(request)) return done(null, body);
    done(
      null,
      decoded(request, body, 'JSON', (text) => parseJson(text, request, guardedParse)),
    );
  });
  const formType = 'application/x-www-form-urlencoded';
  fastify.addContentTypeParser(formType, { parseAs: 'buffer' }, (request, body: Buffer, done: Done) => {
    done(null, isTakenRaw(request) ? body : decoded(request, body, 'Form', parseForm));
  });
  fastify.addContentTypeParser('*', (request, stream, done: Done) => {
    const type = originalTypes.get(request.raw) ?? request.headers['content-type'] ?? '';
    done(null, hasBody(request) ? new UnreadBody(type, stream) : undefined);
  });
}

/** `@RouteConfig({ rawBody: true })`: the route is handed the bytes as they came, since they are what was signed. */
function isTakenRaw(request: FastifyRequest): boolean {
  return (request.routeOptions.config as { rawBody?: unknown } | undefined)?.rawBody === true;
}

function decoded(
  request: FastifyRequest,
  body: Buffer,
  format: 'JSON' | 'Form',
  parse: (text: string) => unknown,
): unknown {
  if (body.length === 0) return undefined;
  const encoding = request.headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
  if (encoding !== 'identity' && encoding !== '') return new UnreadableBody(unsupportedMediaType(encoding));
  try {
    return parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return new UnreadableBody(malformedBody(format, 'The body is not valid UTF-8'));
  }
}

function parseJson(text: string, request: FastifyRequest, guardedParse: GuardedParse): unknown {
  let parsed: unknown;
  // The parser calls back before it returns: it is asynchronous in its signature only.
  void guardedParse(request, text, (error, value: unknown) => {
    parsed = error ? new UnreadableBody(malformedBody('JSON', jsonFault(text))) : value;
  });
  return parsed;
}

/** What is wrong, without the piece of the body that V8's message quotes: it may hold a password. */
function jsonFault(text: string): string {
  try {
    JSON.parse(text);
    return FORBIDDEN_NAME;
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    const placed = /^([^\n]*) in JSON at position (\d+)/.exec(message);
    if (placed) return `${placed[1]} at position ${placed[2]}`;
    return /^Unexpected (?:token '[^']{1,2}'|end of JSON input)/.exec(message)?.[0] ?? 'Malformed JSON';
  }
}

function parseForm(text: string): unknown {
  const fields = parseQuery(text, '&', '=', { maxKeys: MAX_FORM_FIELDS });
  if (Object.hasOwn(fields, '__proto__')) return new UnreadableBody(malformedBody('Form', FORBIDDEN_NAME));
  return { ...fields };
}

function hasBody(request: FastifyRequest): boolean {
  return request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
}

/**
 * Fastify refuses a `Content-Type` it cannot parse before any guard runs; ours is to be refused after them. Returns
 * what such requests had written, for the refusal to quote.
 */
function keepTypeParsable(fastify: FastifyInstance): WeakMap<IncomingMessage, string> {
  const originals = new WeakMap<IncomingMessage, string>();
  fastify.addHook('onRequest', (request, _reply, done) => {
    const type = request.raw.headers['content-type'];
    if (type !== undefined && !/^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+\s*(;.*)?$/.test(type)) {
      originals.set(request.raw, type);
      request.raw.headers['content-type'] = 'application/octet-stream';
    }
    done();
  });
  return originals;
}

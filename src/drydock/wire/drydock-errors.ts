import { STATUS_CODES } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { DomainError } from '../../common/errors.js';
import type { ErrorDialect, RenderedError } from '../../http/error-dialect.js';
import { FrameworkError } from '../../http/framework-error.js';
import { pathOf } from '../../http/path-rules.js';
import { statusOf } from '../../http/status-of.js';
import { allowHeader } from './allow-header.js';
import { DRYDOCK_PREFIXES, isKeystoneSide } from './drydock-paths.js';
import { requestNumberOf } from './drydock-request.js';

/** What the router says, which is Falcon's on either side. */
const ROUTER_CODES: ReadonlySet<string> = new Set(['route_not_found', 'method_not_allowed', 'bad_url']);

/** How the Drydock dialect words a refusal, whoever made it: one of the two shapes of spec drydock section 1. */
export const DRYDOCK_ERRORS: ErrorDialect = {
  name: 'drydock',
  prefixes: DRYDOCK_PREFIXES,
  render: (error, request) => renderDrydockError(error, request),
};

export function renderDrydockError(
  error: DomainError | FrameworkError,
  request: Pick<FastifyRequest, 'raw'>,
): RenderedError {
  const isRouters = error instanceof FrameworkError && ROUTER_CODES.has(error.code);
  const isKeystones = !isRouters && isKeystoneSide(pathOf(request.raw.url ?? '/'));
  const rendered = isKeystones ? renderForUser(error) : renderForNode(error);
  return { ...rendered, headers: { 'X-Drydock-Req': requestNumberOf(request.raw), ...rendered.headers } };
}

/**
 * `{"type":"error","message":…,"retry":…}`. A refusal whose details hold a `body` is answered with that instead: a Status
 * (validatedesign), or nothing at all (`body: ''`, where there is no build data).
 */
function renderForUser(error: DomainError | FrameworkError): RenderedError {
  const body = (message: string, retry = false) => ({ type: 'error', message, retry });
  if (error instanceof FrameworkError) return renderPlumbing(error, body);
  switch (error.kind) {
    case 'unauthenticated':
      return { status: 401, headers: { 'WWW-Authenticate': 'Keystone' }, body: body('Unauthenticated') };
    case 'refused':
      return { status: 403, body: body('Forbidden') };
    case 'unavailable':
    case 'throttled':
      return { status: statusOf(error), body: body(error.message, true) };
    default:
      return { status: statusOf(error), body: error.details.body ?? body(error.message) };
  }
}

function renderPlumbing(error: FrameworkError, body: (message: string) => unknown): RenderedError {
  if (error.code === 'unsupported_media_type') {
    return { status: 400, body: body('Requires application/json payload') };
  }
  if (error.code === 'internal') return { status: 500, body: body('Unknown error') };
  return { status: error.status, body: body(error.message) };
}

/** `{"title":…,"description":…}`, the description only where there is one. */
function renderForNode(error: DomainError | FrameworkError): RenderedError {
  if (error instanceof FrameworkError) return renderFalcons(error);
  switch (error.kind) {
    case 'unauthenticated':
      return {
        status: 401,
        headers: { 'WWW-Authenticate': 'Bootaction-Key' },
        body: { title: 'Unauthorized', description: error.message },
      };
    case 'refused':
      return { status: 403, body: { title: 'Unauthorized', description: error.message } };
    default:
      return falcon(statusOf(error), error.message);
  }
}

function renderFalcons(error: FrameworkError): RenderedError {
  switch (error.code) {
    case 'route_not_found':
      return falcon(404);
    case 'method_not_allowed':
      return { ...falcon(405), headers: { Allow: allowHeader(error.options.details?.allowed) } };
    case 'malformed_body':
    case 'unsupported_media_type':
      return falcon(400, 'Error processing body.');
    case 'internal': {
      const { description } = error.options.details ?? {};
      return falcon(500, typeof description === 'string' ? description : '');
    }
    default:
      return falcon(error.status, error.message);
  }
}

function falcon(status: number, description = ''): RenderedError {
  const title = `${status} ${STATUS_CODES[status] ?? 'Error'}`;
  return { status, body: description === '' ? { title } : { title, description } };
}

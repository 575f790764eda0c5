import { STATUS_CODES } from 'node:http';
import type { FastifyRequest } from 'fastify';
import type { DomainError } from '../../common/errors.js';
import type { ErrorDialect, RenderedError } from '../../http/error-dialect.js';
import { FrameworkError } from '../../http/framework-error.js';
import { statusOf } from '../../http/status-of.js';
import type { FieldProblem } from '../../common/fields/read-fields.js';

/** Problem details, RFC 9457. `code` is the last part of `type`, for clients that would rather not cut a URN. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly request_id: string;
  readonly errors?: readonly FieldProblem[];
}

/** How our own API words a refusal: problem+json with a `type` that stays (docs/fleet-api.md lists them). */
export const FLEET_ERRORS: ErrorDialect = { name: 'fleet', prefixes: ['/fleet'], render: renderFleetProblem };

const STABLE_CODE = /^[a-z][a-z0-9_]{0,60}$/;

export function renderFleetProblem(error: DomainError | FrameworkError, request: FastifyRequest): RenderedError {
  const status = statusOf(error);
  const code = codeOf(error);
  const headers: Record<string, string> = status === 401 ? { 'WWW-Authenticate': 'Bearer realm="slipway"' } : {};
  return {
    status,
    headers: { ...headers, 'Content-Type': 'application/problem+json; charset=utf-8' },
    body: {
      // What an error adds comes first: it can never stand in the place of the members every problem has.
      ...detailsOf(error),
      type: `urn:slipway:problem:${code.replaceAll('_', '-')}`,
      title: STATUS_CODES[status] ?? 'Error',
      status,
      detail: error.message,
      code,
      request_id: request.id,
    } satisfies Problem,
  };
}

/** The code an error was thrown with; what kind of refusal it is where it has none. */
function codeOf(error: DomainError | FrameworkError): string {
  if (error instanceof FrameworkError) return error.code;
  const stated = error.details['code'];
  return typeof stated === 'string' && STABLE_CODE.test(stated) ? stated : error.kind;
}

function detailsOf(error: DomainError | FrameworkError): Readonly<Record<string, unknown>> {
  if (error instanceof FrameworkError) return error.options.details ?? {};
  // `body` and `fields` are how another dialect words the same refusal.
  const { code: _code, body: _body, fields: _fields, ...details } = error.details;
  return details;
}

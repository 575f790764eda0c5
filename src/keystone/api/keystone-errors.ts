import { STATUS_CODES } from 'node:http';
import type { FastifyRequest } from 'fastify';
import type { DomainError, ErrorKind } from '../../common/errors.js';
import type { ErrorDialect, RenderedError } from '../../http/error-dialect.js';
import { FrameworkError } from '../../http/framework-error.js';
import { originOf } from '../../http/request-url.js';
import { statusOf } from '../../http/status-of.js';
import { expecting } from './request-fields.js';

/** How Keystone words a refusal, in both versions of its API. */
export const KEYSTONE_ERRORS: ErrorDialect = {
  name: 'keystone',
  prefixes: ['/keystone'],
  render: renderKeystoneError,
};

const WORDS: Partial<Record<ErrorKind, string>> = {
  unauthenticated: 'The request you have made requires authentication.',
  refused: 'You are not authorized to perform the requested action.',
  throttled: 'Too many failed attempts. Try again later.',
};

function renderKeystoneError(error: DomainError | FrameworkError, request: FastifyRequest): RenderedError {
  const status = statusOf(error);
  const headers: Record<string, string> = { Vary: 'X-Auth-Token' };
  if (status === 401) headers['WWW-Authenticate'] = `Keystone uri="${originOf(request)}/keystone/v3"`;
  return {
    status,
    headers,
    body: { error: { message: messageOf(error), code: status, title: STATUS_CODES[status] ?? 'Error' } },
  };
}

function messageOf(error: DomainError | FrameworkError): string {
  if (!(error instanceof FrameworkError)) return WORDS[error.kind] ?? error.message;
  if (error.code === 'malformed_body') return expecting('valid JSON', 'request body').message;
  if (error.code === 'route_not_found') return 'The resource could not be found.';
  return error.message;
}

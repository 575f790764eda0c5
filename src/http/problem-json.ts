import { STATUS_CODES } from 'node:http';
import type { FastifyRequest } from 'fastify';
import type { DomainError } from '../common/errors.js';
import type { RenderedError } from './error-dialect.js';
import { FrameworkError } from './framework-error.js';
import { statusOf } from './status-of.js';

/** The shape of our own API's refusals, and of paths no dialect owns: problem+json, RFC 9457. */
export function renderProblem(error: DomainError | FrameworkError, request: FastifyRequest): RenderedError {
  const status = statusOf(error);
  const details = error instanceof FrameworkError ? error.options.details : error.details;
  return {
    status,
    headers: { 'Content-Type': 'application/problem+json; charset=utf-8' },
    body: {
      ...details,
      type: 'about:blank',
      title: STATUS_CODES[status] ?? 'Error',
      status,
      detail: error.message,
      code: error instanceof FrameworkError ? error.code : error.kind,
      request_id: request.id,
    },
  };
}

import type { FastifyRequest } from 'fastify';
import type { DomainError } from '../common/errors.js';
import type { RenderedError } from '../http/error-dialect.js';
import { FrameworkError } from '../http/framework-error.js';
import { renderProblem } from '../http/problem-json.js';

/** A failed health check answers its own details; that is what it is asked for. */
export function renderHealth(error: DomainError | FrameworkError, request: FastifyRequest): RenderedError {
  const report = error instanceof FrameworkError ? error.options.details : undefined;
  if (!(error instanceof FrameworkError) || report?.status === undefined) return renderProblem(error, request);
  return { status: error.status, headers: { 'Cache-Control': 'no-store' }, body: report };
}

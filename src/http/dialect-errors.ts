import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { DomainError } from '../common/errors.js';
import { Throttled, Unavailable } from '../common/errors.js';
import type { ErrorDialect, RenderedError } from './error-dialect.js';
import { FrameworkError } from './framework-error.js';
import { pathOf } from './path-rules.js';
import { renderProblem } from './problem-json.js';

/** Which dialect words the refusals of which paths. A dialect's module registers itself when it starts. */
@Injectable()
export class DialectErrors {
  private readonly byPrefix = new Map<string, ErrorDialect>();

  register(dialect: ErrorDialect): void {
    for (const prefix of dialect.prefixes) {
      const other = this.byPrefix.get(prefix);
      if (other) throw new Error(`Both ${other.name} and ${dialect.name} want to word the refusals of ${prefix}`);
      this.byPrefix.set(prefix, dialect);
    }
  }

  /** The longest registered prefix of the path, by whole segments. Unknown paths get problem+json (RFC 9457). */
  render(error: DomainError | FrameworkError, request: FastifyRequest): RenderedError {
    const rendered = this.find(pathOf(request.raw.url ?? '/'))?.render(error, request) ?? renderProblem(error, request);
    return { ...rendered, headers: { ...requiredHeaders(error), ...rendered.headers } };
  }

  private find(path: string): ErrorDialect | undefined {
    for (let prefix = path; prefix !== ''; prefix = prefix.slice(0, prefix.lastIndexOf('/'))) {
      const dialect = this.byPrefix.get(prefix);
      if (dialect) return dialect;
    }
    return undefined;
  }
}

/** Headers a status must have whatever the dialect. */
function requiredHeaders(error: DomainError | FrameworkError): Record<string, string> {
  if (error instanceof FrameworkError) return { ...error.options.headers };
  if (error instanceof Throttled) return { 'Retry-After': String(Math.max(1, Math.ceil(error.retryAfterSeconds))) };
  if (error instanceof Unavailable) return { 'Retry-After': '2' };
  return {};
}

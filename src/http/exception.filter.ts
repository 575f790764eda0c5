import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DomainError, Invalid, Unavailable } from '../common/errors.js';
import { isDatabaseUnavailable, isInvalidValue, isRetryableConflict } from '../database/pg-errors.js';
import { AllowedMethods } from './allowed-methods.js';
import { DialectErrors } from './dialect-errors.js';
import {
  badUrl,
  bodyTooLarge,
  FrameworkError,
  internalError,
  methodNotAllowed,
  routeNotFound,
} from './framework-error.js';
import { pathOf } from './path-rules.js';

/** The one place where what was thrown becomes an answer: put in our words, then worded by the path's dialect. */
@Catch()
export class AllExceptionsFilter implements ExceptionFilter {
  private readonly logger = new Logger('Http');

  constructor(
    private readonly dialects: DialectErrors,
    private readonly methods: AllowedMethods,
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    if (reply.sent) {
      this.logger.error(thrown, undefined, { requestId: request.id });
      return;
    }
    const error = request.is404 ? this.missed(thrown, request) : this.translate(thrown, request);
    if (error === undefined) {
      void reply
        .code(204)
        .header('Allow', this.methods.of(pathOf(request.url)).join(', '))
        .send();
      return;
    }
    const { status, headers, body } = this.dialects.render(error, request);
    void reply
      .code(status)
      .headers({ ...headers })
      .send(body);
  }

  /** No route took the request. `undefined`: it asked by OPTIONS what the path answers. */
  private missed(thrown: unknown, request: FastifyRequest): DomainError | FrameworkError | undefined {
    if (!(thrown instanceof HttpException) || thrown.getStatus() !== 404) return this.translate(thrown, request);
    const allowed = this.methods.of(pathOf(request.url));
    if (allowed.length === 0 || allowed.includes(request.method)) {
      return request.method === 'OPTIONS' && allowed.length > 0 ? undefined : routeNotFound();
    }
    return methodNotAllowed(request.method, allowed);
  }

  private translate(thrown: unknown, request: FastifyRequest): DomainError | FrameworkError {
    if (thrown instanceof DomainError || thrown instanceof FrameworkError) return thrown;
    if (thrown instanceof HttpException) return fromNest(thrown, request);
    if (isDatabaseUnavailable(thrown)) {
      this.logger.warn(`the database did not answer: ${thrown instanceof Error ? thrown.message : ''}`);
      return new Unavailable('The database cannot be reached just now. Try again in a moment.');
    }
    if (isRetryableConflict(thrown)) {
      this.logger.warn('a change lost a deadlock or a serialization conflict', { requestId: request.id });
      return new Unavailable('Another change got in the way of this one, which changed nothing. Try again.');
    }
    this.logger.error(thrown, undefined, { requestId: request.id });
    // A validation let it pass, which is ours to mend; the client is still the one who can change the value.
    if (isInvalidValue(thrown)) return new Invalid('The request holds a value that cannot be stored.');
    return internalError(request.id);
  }
}

/** Fastify's refusals arrive here too: the adapter wraps them. */
function fromNest(exception: HttpException, request: FastifyRequest): FrameworkError {
  const status = exception.getStatus();
  if (status === 413) return bodyTooLarge();
  const code = (exception.cause as { code?: unknown } | undefined)?.code;
  if (code === 'FST_ERR_BAD_URL' || code === 'FST_ERR_MAX_PARAM_LENGTH') return badUrl();
  if (status >= 500 && !isStated(exception)) return internalError(request.id);
  return new FrameworkError('rejected', status, exception.message, { details: statedBody(exception) });
}

/** Thrown on purpose with a body of its own, as terminus does with a failed health check. */
function isStated(exception: HttpException): boolean {
  return Object.keys(statedBody(exception)).length > 0;
}

function statedBody(exception: HttpException): Record<string, unknown> {
  const body = exception.getResponse();
  if (typeof body === 'string') return {};
  const { statusCode: _statusCode, message: _message, error: _error, ...rest } = body as Record<string, unknown>;
  return rest;
}

import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { map, type Observable } from 'rxjs';
import { entityTagOf } from './entity-tag.js';

/**
 * Gives every answer that has a `version` its ETag, for `If-Match`. No answer is 304: a version counts what people change,
 * and a batch goes on without them, so "not modified" would be untrue of how far it is.
 */
@Injectable()
export class Versioned implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    return next.handle().pipe(map((body: unknown) => tagged(body, reply)));
  }
}

function tagged(body: unknown, reply: FastifyReply): unknown {
  if (typeof body !== 'object' || body === null || !('version' in body) || !Number.isInteger(body.version)) return body;
  void reply.header('ETag', entityTagOf(body.version as number));
  return body;
}

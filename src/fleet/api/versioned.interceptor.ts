import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { map, type Observable } from 'rxjs';
import { entityTagOf, namesVersion } from './entity-tag.js';

/** Gives every answer that has a `version` its ETag; a GET that already has this version is answered 304. */
@Injectable()
export class Versioned implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    return next
      .handle()
      .pipe(map((body: unknown) => tagged(body, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>())));
  }
}

function tagged(body: unknown, request: FastifyRequest, reply: FastifyReply): unknown {
  if (typeof body !== 'object' || body === null || !('version' in body) || !Number.isInteger(body.version)) return body;
  const version = body.version as number;
  void reply.header('ETag', entityTagOf(version));
  const known = request.headers['if-none-match'];
  if (request.method !== 'GET' || known === undefined || !namesVersion(known, version)) return body;
  void reply.code(304);
  return undefined;
}

import type {} from '@fastify/multipart';
import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import type { Observable } from 'rxjs';
import { ACCEPTED_MEDIA } from './accepts-media.js';
import { unsupportedMediaType } from './framework-error.js';
import { IGNORES_BODY } from './ignores-body.js';
import { UnreadableBody, UnreadBody } from './request-body.js';

/** Refuses, after the guards, the bodies the parsers let through unread. */
@Injectable()
export class RequestBodyInterceptor implements NestInterceptor {
  constructor(private readonly reflector: Reflector) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (this.reflector.get<boolean | undefined>(IGNORES_BODY, context.getHandler())) return next.handle();
    if (request.body instanceof UnreadableBody) throw request.body.error;
    const unread = unreadType(request);
    if (unread !== undefined && !this.accepts(context, unread)) throw unsupportedMediaType(unread);
    return next.handle();
  }

  private accepts(context: ExecutionContext, type: string): boolean {
    const targets = [context.getHandler(), context.getClass()];
    const accepted = this.reflector.getAllAndOverride<readonly string[] | undefined>(ACCEPTED_MEDIA, targets) ?? [];
    const essence = (type.split(';')[0] ?? '').trim().toLowerCase();
    return accepted.includes(essence);
  }
}

function unreadType(request: FastifyRequest): string | undefined {
  if (request.body instanceof UnreadBody) return request.body.mediaType;
  return request.isMultipart() ? request.headers['content-type'] : undefined;
}

import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Observable } from 'rxjs';
import { unsupportedMediaType } from '../../http/framework-error.js';

/** Our own API speaks JSON only. A form would arrive as text fields, and numbers and lists in it could not be told apart. */
@Injectable()
export class JsonBodies implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { headers, body } = context.switchToHttp().getRequest<FastifyRequest>();
    const type = headers['content-type'] ?? '';
    if (body !== undefined && /^\s*application\/x-www-form-urlencoded\b/i.test(type)) throw unsupportedMediaType(type);
    return next.handle();
  }
}

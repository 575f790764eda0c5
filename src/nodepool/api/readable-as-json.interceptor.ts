import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import Negotiator from 'negotiator';
import type { FastifyRequest } from 'fastify';
import type { Observable } from 'rxjs';
import { FrameworkError } from '../../http/framework-error.js';

/** 406 for a read whose client will not take JSON; changes never are refused for it (spec nodepool section 1.3). */
@Injectable()
export class ReadableAsJson implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { method, headers } = context.switchToHttp().getRequest<FastifyRequest>();
    const accepted = new Negotiator({ headers: { accept: headers.accept } }).mediaType(['application/json']);
    if ((method === 'GET' || method === 'HEAD') && accepted === undefined) {
      throw new FrameworkError('rejected', 406, 'The resource is only available as application/json.');
    }
    return next.handle();
  }
}

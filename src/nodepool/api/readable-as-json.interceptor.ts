import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Observable } from 'rxjs';
import { FrameworkError } from '../../http/framework-error.js';
import { acceptedFormat } from './accepted-format.js';

/** 406 for a read whose client will not take JSON; changes never are refused for it (spec nodepool section 1.3). */
@Injectable()
export class ReadableAsJson implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const reads = request.method === 'GET' || request.method === 'HEAD';
    if (reads && acceptedFormat(request, ['application/json']) === undefined) {
      throw new FrameworkError('rejected', 406, 'The resource is only available as application/json.');
    }
    return next.handle();
  }
}

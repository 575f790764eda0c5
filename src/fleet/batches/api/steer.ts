import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Principal } from '../../../auth/principal.js';
import { documentsHeader } from '../../api/documented-header.js';
import { expectedVersion } from '../../api/entity-tag.js';
import { idempotentRequest } from '../../api/idempotent-request.js';
import { uuidOf } from '../../api/path-ids.js';
import type { Asked } from '../batch-verbs.service.js';

/** The parameter of every verb on a batch: which, who asks, `If-Match` and `Idempotency-Key`. */
export const Steer = createParamDecorator(
  (_data: unknown, context: ExecutionContext): Asked => {
    const request = context.switchToHttp().getRequest<FastifyRequest & { user: Principal; params: { id: string } }>();
    return {
      id: uuidOf('batch').transform(request.params.id, { type: 'param' }) as string,
      principal: request.user,
      expected: expectedVersion(request.headers['if-match']),
      repeat: idempotentRequest(request),
    };
  },
  [
    documentsHeader(
      'If-Match',
      'The ETag of the batch as it was seen: it is steered only if it is still that, else 412',
    ),
    documentsHeader('Idempotency-Key', 'Sent again with the same request, it is done once'),
  ],
);

import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ownerKeyOf, type Principal } from '../../auth/principal.js';
import { idempotencyKey, type IdempotentRequest } from '../../http/idempotency/idempotency.js';
import { pathOf } from '../../http/path-rules.js';
import { documentsHeader } from './documented-header.js';

/**
 * The parameter of every POST that changes something: what its `Idempotency-Key` stands for, null without one. The service
 * wraps its act in `once(tx, request, act)`. The path belongs to what was asked: a key used elsewhere is another request.
 */
export const Idempotent = createParamDecorator(
  (_data: unknown, context: ExecutionContext): IdempotentRequest | null =>
    idempotentRequest(context.switchToHttp().getRequest<FastifyRequest & { user: Principal }>()),
  [
    documentsHeader(
      'Idempotency-Key',
      'Sent again with the same request, it is done once and answered as the first time',
    ),
  ],
);

export function idempotentRequest(request: FastifyRequest & { user: Principal }): IdempotentRequest | null {
  const key = idempotencyKey(request.headers['idempotency-key']);
  if (key === null) return null;
  const path = pathOf(request.url).replace(/\/+$/, '');
  return { owner: ownerKeyOf(request.user), key, body: { path, body: request.body ?? null } };
}

import type { FastifyReply } from 'fastify';

/**
 * The body of every PUT and POST: the documentation says "empty", the wire says `null` (spec nodepool section 1.3). As text:
 * given the value, Fastify sends nothing at all.
 */
export function answerNull(reply: FastifyReply, status: 200 | 201): void {
  void reply.code(status).type('application/json; charset=utf-8').send('null');
}

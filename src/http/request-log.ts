import type { FastifyInstance, FastifyRequest } from 'fastify';
import { clientAddress } from './client-address.js';
import { redactedUrl } from './redact.js';

/** One line for each request, when it is over. Never a header or a body. */
export function logRequests(fastify: FastifyInstance): void {
  fastify.addHook('onResponse', (request, reply, done) => {
    const line = {
      method: request.method,
      path: redactedUrl(request.url),
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 10) / 10,
      from: clientAddress(request),
      user: userOf(request),
    };
    if (reply.statusCode >= 500) request.log.warn(line, 'request');
    else request.log.info(line, 'request');
    done();
  });
}

function userOf(request: FastifyRequest): string | undefined {
  const { user } = request as { user?: { username?: unknown } | null };
  return typeof user?.username === 'string' ? user.username : undefined;
}

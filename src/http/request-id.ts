import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';

const SANE = /^[\w.:@+/=-]{1,128}$/;

/** The caller's own id when it is fit for a log line and a header, else a new one. */
export function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && SANE.test(given) ? given : randomUUID();
}

/** Sent back with every answer, so that a complaint can be found in the log. */
export function echoRequestId(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    // On the raw response, so that streams and refusals made outside the normal way have it too.
    reply.raw.setHeader('X-Request-Id', request.id);
    done();
  });
}

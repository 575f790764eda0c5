import type { FastifyInstance } from 'fastify';

const LOOK_EVERY_MS = 100;

/**
 * Lets a closing server end with its last request. Fastify closes what is idle when closing begins; a kept-alive
 * connection that was busy then would hold the process for the rest of its keep-alive time.
 */
export function drainConnections(fastify: FastifyInstance): void {
  let looking: NodeJS.Timeout | undefined;
  fastify.addHook('preClose', (done) => {
    looking = setInterval(() => fastify.server.closeIdleConnections(), LOOK_EVERY_MS);
    fastify.server.once('close', () => clearInterval(looking));
    done();
  });
  fastify.addHook('onSend', (_request, reply, _payload, done) => {
    if (looking !== undefined) void reply.header('Connection', 'close');
    done();
  });
}

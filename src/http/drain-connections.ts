import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

const LOOK_EVERY_MS = 100;

/**
 * Lets a closing server end with its last request. Fastify closes what is idle when closing begins; a kept-alive
 * connection that was busy then would hold the process for the rest of its keep-alive time, and one that never sent
 * anything (a probe's, or one a browser opened in advance) for ever: Node does not count it as idle.
 */
export function drainConnections(fastify: FastifyInstance): void {
  const { server } = fastify;
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  let looking: NodeJS.Timeout | undefined;
  fastify.addHook('preClose', (done) => {
    looking = setInterval(() => {
      server.closeIdleConnections();
      for (const socket of open) if (socket.bytesRead === 0) socket.destroy();
    }, LOOK_EVERY_MS);
    server.once('close', () => clearInterval(looking));
    done();
  });
  fastify.addHook('onSend', (_request, reply, _payload, done) => {
    if (looking !== undefined) void reply.header('Connection', 'close');
    done();
  });
}

import type { FastifyInstance } from 'fastify';
import { routeNotFound } from './framework-error.js';
import { pathOf } from './path-rules.js';

/** What a process that is only a worker answers: is it alive, and what does it measure. */
const WORKER_PATHS = /^\/(health\/(live|ready)|metrics)\/?$/;

/** Makes every other path look as if it were not there. */
export function hideDialects(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, _reply, done) => {
    done(WORKER_PATHS.test(pathOf(request.url)) ? undefined : routeNotFound());
  });
}

import type { FastifyInstance } from 'fastify';

/**
 * Lets a route take larger bodies than the others: `@RouteConfig({ bodyLimit: … })`. Nest hands a route's `config` to
 * Fastify and nothing else, so it is moved to where Fastify looks.
 */
export function honourRouteBodyLimits(fastify: FastifyInstance): void {
  fastify.addHook('onRoute', (route) => {
    const limit = (route.config as { bodyLimit?: unknown } | undefined)?.bodyLimit;
    if (typeof limit === 'number') route.bodyLimit = limit;
  });
}

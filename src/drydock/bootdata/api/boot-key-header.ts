import type { FastifyRequest } from 'fastify';

/** What the node wrote as its key; undefined where it wrote none. */
export function bootKeyOf({ headers }: Pick<FastifyRequest, 'headers'>): string | undefined {
  const value = headers['x-bootaction-key'];
  return Array.isArray(value) ? value.join(', ') : value?.trim();
}

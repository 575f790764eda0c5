import type { FastifyRequest } from 'fastify';
import { originOf } from '../../http/request-url.js';

type Request = Pick<FastifyRequest, 'headers' | 'protocol' | 'host' | 'url'>;

/**
 * Did another site make the browser send this? A session's cookie travels by itself, so what comes from elsewhere must not
 * count. Browsers say where a request comes from; programs that say nothing have no cookies of somebody else's.
 */
export function isCrossSite(request: Request): boolean {
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  const { origin } = request.headers;
  return origin !== undefined && origin !== originOf(request);
}

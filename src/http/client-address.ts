import type { FastifyRequest } from 'fastify';

/**
 * Where a request comes from, for limits, CIDR checks and the audit trail. `X-Forwarded-For` counts only when the
 * connection itself comes from a trusted proxy (SLIPWAY_TRUSTED_PROXIES), which Fastify has checked by then.
 */
export function clientAddress(request: Pick<FastifyRequest, 'ip'>): string {
  // A dual-stack socket shows an IPv4 peer as ::ffff:192.0.2.1; it is one and the same client.
  return request.ip.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');
}

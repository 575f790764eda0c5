import type { FastifyReply, FastifyRequest } from 'fastify';

/** Nothing of ours is to be sniffed, framed or quoted by another site. Dialects answer data, not pages. */
const SECURITY_HEADERS = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
    "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
} as const;

/**
 * What every answer carries: the request's id, so that a complaint can be found in the log, and what browsers are to
 * keep to. On the raw response, so that streams and refusals made outside the normal way have it too.
 */
export function setCommonHeaders(request: FastifyRequest, reply: FastifyReply): void {
  reply.raw.setHeader('X-Request-Id', request.id);
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) reply.raw.setHeader(name, value);
}

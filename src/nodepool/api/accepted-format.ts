import Negotiator from 'negotiator';
import type { FastifyRequest } from 'fastify';

/** The first of the formats where the client prefers none; undefined where it takes none of them. An empty header is none. */
export function acceptedFormat(request: FastifyRequest, formats: readonly string[]): string | undefined {
  const accept = request.headers.accept?.trim() ?? '';
  const headers = accept === '' ? {} : { accept };
  return new Negotiator({ headers }).mediaType([...formats]);
}

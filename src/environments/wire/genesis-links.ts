import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { originOf } from '../../http/request-url.js';

const VERBS = ['get', 'post', 'put', 'delete'] as const;
type Verb = (typeof VERBS)[number];

/** Which verbs the caller may use; a verb that is left out is not one of the address's. */
export type AllowedVerbs = Readonly<Partial<Record<Verb, boolean>>>;

export type LinkRelation = 'self' | 'collection' | 'action' | 'logout' | 'download';

export interface Link {
  readonly rel: LinkRelation;
  readonly href: string;
  readonly methods: readonly Verb[];
  readonly type?: string;
}

/**
 * `@Address() address: string`: under which address the client reached us (`http://host:port`), from the Host header, or from
 * a forwarded one where a configured proxy sent it.
 */
export const Address = createParamDecorator((_data: unknown, context: ExecutionContext): string =>
  originOf(context.switchToHttp().getRequest<FastifyRequest>()),
);

/** A link, as far as the caller may follow it (spec environments section 1.2). `model` as in `Environment`, or none. */
export function link(
  rel: LinkRelation,
  href: string,
  model: string | null,
  verbs: AllowedVerbs = { get: true },
): Link | null {
  const methods = VERBS.filter((verb) => verbs[verb]);
  if (methods.length === 0) return null;
  const type = model === null ? {} : { type: `application/vnd.griddynamics.genesis.${model}+json` };
  return { rel, href, methods, ...type };
}

/** Links without those that have no verb left. */
export function linksOf(links: readonly (Link | null)[]): Link[] {
  return links.filter((one) => one !== null);
}

/** A collection as clients read it: an empty one has `items` too. */
export function collection<T>(
  items: readonly T[],
  links: readonly (Link | null)[],
): { items: readonly T[]; links: Link[] } {
  return { items, links: linksOf(links) };
}

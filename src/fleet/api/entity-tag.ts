import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Invalid, PreconditionRequired } from '../../common/errors.js';
import { ANY_VERSION, type ExpectedVersion } from '../../common/expected-version.js';
import { documentsHeader } from './documented-header.js';

const DESCRIPTION = 'The ETag of what was seen: it is changed only if it is still that, else 412';
const TAGS = /^\s*(?:W\/)?"[^"]*"\s*(?:,\s*(?:W\/)?"[^"]*"\s*)*$/;

export function entityTagOf(version: number): string {
  return `"${version}"`;
}

/**
 * What `If-Match` says, for the service to compare in its transaction. A weak tag never matches (RFC 9110 section 13.1.1).
 * `undefined`: it was not sent.
 */
export function expectedVersion(header: string | undefined): ExpectedVersion | undefined {
  if (header === undefined) return undefined;
  if (header.trim() === '*') return ANY_VERSION;
  if (!TAGS.test(header)) {
    throw new Invalid('If-Match must be the ETag of what is to be changed, or *.', { code: 'invalid_if_match' });
  }
  return tagsIn(header).flatMap((tag) => {
    const version = /^"(\d{1,15})"$/.exec(tag)?.[1];
    return version === undefined ? [] : [Number(version)];
  });
}

function tagsIn(header: string): string[] {
  return header.match(/(?:W\/)?"[^"]*"/g) ?? [];
}

/** The parameter of a verb: `If-Match` counts when it is sent. */
export const IfMatch = createParamDecorator(
  (_data: unknown, context: ExecutionContext): ExpectedVersion | undefined =>
    expectedVersion(context.switchToHttp().getRequest<FastifyRequest>().headers['if-match']),
  [documentsHeader('If-Match', DESCRIPTION)],
);

/** The parameter of PUT, PATCH and DELETE: without `If-Match` the request is refused with 428 (RFC 6585). */
export const RequiredIfMatch = createParamDecorator(
  (_data: unknown, context: ExecutionContext): ExpectedVersion => {
    const expected = expectedVersion(context.switchToHttp().getRequest<FastifyRequest>().headers['if-match']);
    if (expected !== undefined) return expected;
    throw new PreconditionRequired('Say with If-Match which version is to be changed: the ETag of your GET, or *.');
  },
  [documentsHeader('If-Match', DESCRIPTION, true)],
);

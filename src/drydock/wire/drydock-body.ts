import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Invalid } from '../../common/errors.js';
import { unstorableWords } from '../../common/fields/unstorable.js';

export type JsonObject = Readonly<Record<string, unknown>>;

interface BodyWords {
  /** What is said where there is no body. */
  readonly empty?: string;
}

/** `@DrydockBody() body: JsonObject`: a JSON object whose texts can be stored. All else is a 400. */
export const DrydockBody = createParamDecorator((words: BodyWords | undefined, context: ExecutionContext) => {
  const { body, headers } = context.switchToHttp().getRequest<FastifyRequest>();
  if (body === undefined || body === null) throw new Invalid(words?.empty ?? 'Request body must not be empty.');
  if (!isJson(headers['content-type'])) throw new Invalid('Requires application/json payload');
  const problem = unstorableWords(body);
  if (problem) throw new Invalid(`The request body cannot be stored: ${problem}.`);
  if (typeof body !== 'object' || Array.isArray(body)) throw new Invalid('Request body must be a JSON object.');
  return body as JsonObject;
});

export function isJson(contentType: string | undefined): boolean {
  return (contentType?.split(';')[0] ?? '').trim().toLowerCase() === 'application/json';
}

import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Invalid } from '../../common/errors.js';

export type JsonObject = Readonly<Record<string, unknown>>;

/** No document of Drydock's is nested half as deep; what walks a value must not run out of stack. */
const DEEPEST = 64;
const UNSTORABLE = /\u0000|\p{Surrogate}/u;

interface BodyWords {
  /** What is said where there is no body. */
  readonly empty?: string;
}

/** `@DrydockBody() body: JsonObject`: a JSON object whose texts can be stored. All else is a 400. */
export const DrydockBody = createParamDecorator((words: BodyWords | undefined, context: ExecutionContext) => {
  const { body, headers } = context.switchToHttp().getRequest<FastifyRequest>();
  if (body === undefined || body === null) throw new Invalid(words?.empty ?? 'Request body must not be empty.');
  if (!isJson(headers['content-type'])) throw new Invalid('Requires application/json payload');
  assertStorable(body);
  if (typeof body !== 'object' || Array.isArray(body)) throw new Invalid('Request body must be a JSON object.');
  return body as JsonObject;
});

export function isJson(contentType: string | undefined): boolean {
  return (contentType?.split(';')[0] ?? '').trim().toLowerCase() === 'application/json';
}

/** Without recursion: the value comes from outside. */
export function assertStorable(body: unknown): void {
  let level: unknown[] = [body];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > DEEPEST) throw new Invalid('The request body is nested too deeply.');
    const next: unknown[] = [];
    for (const value of level) {
      if (typeof value === 'string' && UNSTORABLE.test(value)) {
        throw new Invalid('The request body holds a text that cannot be stored.');
      }
      if (typeof value !== 'object' || value === null) continue;
      for (const [name, item] of Object.entries(value)) next.push(name, item);
    }
    level = next;
  }
}

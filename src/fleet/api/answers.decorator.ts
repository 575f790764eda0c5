import { applyDecorators, HttpCode, type Type } from '@nestjs/common';
import { ApiOperation, ApiResponse, getSchemaPath, ApiExtraModels } from '@nestjs/swagger';
import { ProblemFieldView, ProblemView } from './problem.view.js';

const PROBLEMS: Readonly<Record<number, string>> = {
  400: 'The request is not valid',
  401: 'No valid credentials',
  403: 'Not allowed',
  404: 'Not there',
  409: 'Not possible in the present state',
  412: 'It has changed: If-Match names another version',
  422: 'Understood, and refused',
  428: 'If-Match is missing',
  429: 'Too many requests',
};

interface AnswerOptions {
  /** The statuses it refuses with, besides 401, 403 and 400. */
  readonly problems?: readonly (keyof typeof PROBLEMS)[];
  /** Text or a stream, where it is not JSON. */
  readonly mediaType?: string;
}

/** What a route does, and what it answers: its status, its body's class (null: none) and its refusals. */
export function Answers(
  summary: string,
  status: number,
  body: Type<object> | null,
  { problems = [], mediaType }: AnswerOptions = {},
): MethodDecorator {
  const refusals = [400, 401, 403, ...problems].map((code) =>
    ApiResponse({
      status: code,
      description: PROBLEMS[code] ?? 'Refused',
      content: { 'application/problem+json': { schema: { $ref: getSchemaPath(ProblemView) } } },
    }),
  );
  return applyDecorators(
    HttpCode(status),
    ApiOperation({ summary }),
    ApiExtraModels(ProblemView, ProblemFieldView, ...(body ? [body] : [])),
    ApiResponse({ status, description: summary, ...contentOf(body, mediaType) }),
    ...refusals,
  );
}

function contentOf(body: Type<object> | null, mediaType: string | undefined) {
  if (body) return { content: { [mediaType ?? 'application/json']: { schema: { $ref: getSchemaPath(body) } } } };
  return mediaType ? { content: { [mediaType]: { schema: { type: 'string' as const } } } } : {};
}

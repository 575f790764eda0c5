/** What went wrong before or around a handler; the domain knows nothing of it. */
export type FrameworkErrorCode =
  | 'route_not_found'
  | 'method_not_allowed'
  | 'malformed_body'
  | 'unsupported_media_type'
  | 'body_too_large'
  | 'bad_url'
  | 'rejected'
  | 'internal';

/**
 * A refusal by the HTTP plumbing itself. Its message is a sentence for the client; the wording follows Django REST
 * framework, whose clients read it (spec upgrade section 1.1), and says nothing a client of another dialect may not see.
 */
export class FrameworkError extends Error {
  constructor(
    readonly code: FrameworkErrorCode,
    readonly status: number,
    message: string,
    readonly options: { headers?: Readonly<Record<string, string>>; details?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message);
    this.name = 'FrameworkError';
  }
}

export function routeNotFound(): FrameworkError {
  return new FrameworkError('route_not_found', 404, 'Not found.');
}

export function methodNotAllowed(method: string, allowed: readonly string[]): FrameworkError {
  return new FrameworkError('method_not_allowed', 405, `Method "${method}" not allowed.`, {
    headers: { Allow: allowed.join(', ') },
    details: { method, allowed },
  });
}

/** `reason` names the fault and never quotes the body, which may hold a password. */
export function malformedBody(format: 'JSON' | 'Form' | 'Multipart form', reason: string): FrameworkError {
  return new FrameworkError('malformed_body', 400, `${format} parse error - ${reason}`, { details: { reason } });
}

export function unsupportedMediaType(mediaType: string): FrameworkError {
  return new FrameworkError('unsupported_media_type', 415, `Unsupported media type "${mediaType}" in request.`, {
    details: { mediaType },
  });
}

export function bodyTooLarge(): FrameworkError {
  return new FrameworkError('body_too_large', 413, 'The request body is too large.');
}

export function badUrl(): FrameworkError {
  return new FrameworkError('bad_url', 400, 'The address of the request is malformed.');
}

export function internalError(requestId: string): FrameworkError {
  return new FrameworkError('internal', 500, 'Something went wrong on our side. The request id finds it in the log.', {
    details: { requestId },
  });
}

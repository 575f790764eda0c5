import type { DomainError, ErrorKind } from '../common/errors.js';
import { FrameworkError } from './framework-error.js';

/** The status each kind of refusal has unless a dialect says otherwise. */
const STATUS_OF: Readonly<Record<ErrorKind, number>> = {
  not_found: 404,
  invalid: 400,
  conflict: 409,
  illegal_transition: 409,
  refused: 403,
  unauthenticated: 401,
  throttled: 429,
  unavailable: 503,
  too_large: 413,
  unprocessable: 422,
  outdated: 412,
  precondition_required: 428,
};

export function statusOf(error: DomainError | FrameworkError): number {
  return error instanceof FrameworkError ? error.status : STATUS_OF[error.kind];
}

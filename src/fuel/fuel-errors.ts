import { DomainError } from '../common/errors.js';
import type { ErrorDialect, RenderedError } from '../http/error-dialect.js';
import { FrameworkError, type FrameworkErrorCode } from '../http/framework-error.js';
import { statusOf } from '../http/status-of.js';
import { FUEL_PREFIXES } from './fuel-paths.js';

/** The words of Nailgun, or of what it stands on, where the plumbing's own would be Django's. */
const FRAMEWORK_WORDS: Partial<Record<FrameworkErrorCode, string>> = {
  route_not_found: 'Not Found',
  method_not_allowed: 'Method Not Allowed',
  malformed_body: 'Invalid json received',
  internal: 'Internal Server Error',
};

/** How the Fuel dialect words a refusal, whoever made it: the body of 6.1 (spec fuel sections 0 D2 and 1). */
export const FUEL_ERRORS: ErrorDialect = {
  name: 'fuel',
  prefixes: FUEL_PREFIXES,
  render: (error) => renderFuelError(error),
};

export function renderFuelError(error: DomainError | FrameworkError): RenderedError {
  const isUnauthenticated = error instanceof DomainError && error.kind === 'unauthenticated';
  return {
    status: statusOf(error),
    headers: isUnauthenticated ? { 'WWW-Authenticate': 'Keystone' } : {},
    body: { message: messageOf(error), errors: [] },
  };
}

function messageOf(error: DomainError | FrameworkError): string {
  if (error instanceof FrameworkError) return FRAMEWORK_WORDS[error.code] ?? error.message;
  return error.message;
}

import { DomainError, type ErrorKind } from '../../common/errors.js';
import type { ErrorDialect, RenderedError } from '../../http/error-dialect.js';
import { FrameworkError } from '../../http/framework-error.js';
import { statusOf } from '../../http/status-of.js';

/** The refusals of spec upgrade section 1.2, word for word. */
const UNAUTHENTICATED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  not_provided: { detail: 'Authentication credentials were not provided.' },
  invalid_token: { detail: 'Invalid API key' },
  expired: { detail: 'API key has expired' },
  disabled: { detail: 'User account is disabled' },
  invalid_credentials: { error: 'Invalid credentials' },
};

/** Schemes the original does not know. Ours are taken when they are right; wrong ones keep its words. */
const UNKNOWN_SCHEMES: ReadonlySet<unknown> = new Set(['bearer', 'basic']);

const REFUSED: Readonly<Record<string, string>> = {
  read_only: 'Token is read-only.',
  address: 'Client IP not permitted for this token.',
  role: 'You do not have permission to perform this action.',
};

/**
 * How the Upgrade dialect words a refusal, whoever made it (spec upgrade sections 1.1, 1.2 and 2): the body that came
 * with the error, else Django's `{"field": ["message"]}`, else `{"detail": …}`.
 */
export const UPGRADE_ERRORS: ErrorDialect = {
  name: 'upgrade',
  prefixes: ['/api', '/api/auth', '/api/users', '/api/upgrade', '/api/dcim', '/api/images', '/api/core'],
  render: (error) => renderUpgradeError(error),
};

export function renderUpgradeError(error: DomainError | FrameworkError): RenderedError {
  if (error instanceof FrameworkError) {
    const detail = error.code === 'internal' ? 'A server error occurred.' : error.message;
    return { status: error.status, body: { detail } };
  }
  return {
    status: statusOf(error),
    headers: error.kind === 'unauthenticated' ? { 'WWW-Authenticate': 'Token' } : {},
    body: wordedBody(error),
  };
}

function wordedBody(error: DomainError): Readonly<Record<string, unknown>> {
  const worded = error.details['body'] ?? error.details['fields'];
  if (isRecord(worded)) return worded;
  const code = typeof error.details['code'] === 'string' ? error.details['code'] : '';
  return WORDS[error.kind]?.(error, code) ?? { detail: error.message };
}

const WORDS: Partial<
  Record<ErrorKind, (error: DomainError, code: string) => Readonly<Record<string, unknown>> | undefined>
> = {
  unauthenticated: ({ details }, code) =>
    UNAUTHENTICATED[UNKNOWN_SCHEMES.has(details['scheme']) ? 'not_provided' : code],
  refused: (error, code) => refusedBody(error, code),
  invalid: ({ message, details: { field } }) => (typeof field === 'string' ? { [field]: [message] } : undefined),
  not_found: () => ({ detail: 'Not found.' }),
  throttled: (error) => {
    const seconds = Math.max(1, Math.ceil(Number(error.details['retryAfterSeconds'] ?? 1)));
    return { detail: `Request was throttled. Expected available in ${seconds} seconds.` };
  },
  unprocessable: ({ message }) => ({ error: 'Idempotency-Key already used', message }),
  unavailable: () => ({ detail: 'Service temporarily unavailable, try again later.' }),
};

/** A route may name what it does (`@RequireRole('operator', 'upgrade device firmware')`); then there is a title as well. */
function refusedBody({ message, details: { action } }: DomainError, code: string): Readonly<Record<string, unknown>> {
  return code === 'role' && typeof action === 'string'
    ? { error: 'Permission denied', message: `You do not have permission to ${action}` }
    : { detail: REFUSED[code] ?? message };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

import type { FastifyRequest } from 'fastify';
import { DomainError } from '../../common/errors.js';
import type { ErrorDialect, RenderedError } from '../../http/error-dialect.js';
import type { FrameworkError } from '../../http/framework-error.js';
import { statusOf } from '../../http/status-of.js';
import { failure, type ResultErrors } from './genesis-result.js';

/** How the OpenGenesis dialect words a refusal, whoever made it: one of the three shapes of spec environments section 1.1. */
export const GENESIS_ERRORS: ErrorDialect = {
  name: 'opengenesis',
  prefixes: ['/rest', '/signin', '/logout'],
  render: (error, request) => renderGenesisError(error, request),
};

export function renderGenesisError(
  error: DomainError | FrameworkError,
  request: Pick<FastifyRequest, 'headers'>,
): RenderedError {
  if (!(error instanceof DomainError)) return renderFrameworkError(error);
  switch (error.kind) {
    case 'unauthenticated':
      return { status: 401, headers: { 'WWW-Authenticate': challenge(request) }, body: { error: error.message } };
    case 'refused':
      return { status: 403, body: failure({ compoundServiceErrors: ['Access is denied'] }) };
    case 'not_found':
      return { status: 404, body: failure(errorsOf(error), true) };
    case 'invalid':
    case 'conflict':
    case 'illegal_transition':
      if (error.details.shape === 'input') return { status: statusOf(error), body: { error: error.message } };
      return { status: 400, body: failure(errorsOf(error)) };
    default:
      return { status: statusOf(error), body: { error: error.message } };
  }
}

function renderFrameworkError(error: FrameworkError): RenderedError {
  if (error.code === 'route_not_found') {
    return { status: 404, body: failure({ compoundServiceErrors: ['Not found'] }, true) };
  }
  const isUnreadable = error.code === 'malformed_body' || error.code === 'bad_url';
  return { status: error.status, body: { error: isUnreadable ? 'Invalid input' : error.message } };
}

/** What was thrown for this dialect says where it belongs; what other floors refuse names a field at most. */
function errorsOf(error: DomainError): Partial<ResultErrors> {
  const { errors, field } = error.details;
  if (typeof errors === 'object' && errors !== null) return errors;
  if (typeof field === 'string') return { variablesErrors: { [field]: error.message } };
  return { compoundServiceErrors: [error.message] };
}

/**
 * A browser answers `Basic` with a log-in window of its own. The web interface has one already, and marks its requests; only
 * where it sent a password itself does it hear what was wrong with that.
 */
function challenge({ headers }: Pick<FastifyRequest, 'headers'>): string {
  const isScript = headers['x-requested-with'] === 'XMLHttpRequest' && headers.authorization === undefined;
  return isScript ? 'Session realm="Genesis"' : 'Basic realm="Genesis"';
}

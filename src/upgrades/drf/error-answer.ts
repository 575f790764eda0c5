import { DomainError, type ErrorKind } from '../../common/errors.js';

/** What goes on the wire for an error. `unexpected` ones are logged by the caller and answered without detail. */
export interface ErrorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
  readonly unexpected: boolean;
}

const STATUS: Readonly<Record<ErrorKind, number>> = {
  invalid: 400,
  unauthenticated: 401,
  refused: 403,
  not_found: 404,
  conflict: 409,
  illegal_transition: 409,
  too_large: 413,
  throttled: 429,
  unavailable: 503,
};

/** The refusals of spec upgrade section 1.2, word for word. */
const UNAUTHENTICATED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  not_provided: { detail: 'Authentication credentials were not provided.' },
  invalid_token: { detail: 'Invalid API key' },
  expired: { detail: 'API key has expired' },
  disabled: { detail: 'User account is disabled' },
  invalid_credentials: { error: 'Invalid credentials' },
};

const REFUSED: Readonly<Record<string, string>> = {
  read_only: 'Token is read-only.',
  address: 'Client IP not permitted for this token.',
  role: 'You do not have permission to perform this action.',
};

/** SQL states that say the input could not be stored as it was: bytes, numbers, dates, lengths, depth. */
const BAD_INPUT_STATES = /^(22...|54001|54000)$/;
const RETRY_AFTER_SECONDS = '5';

/** How the Upgrade dialect answers an error, whoever threw it (spec upgrade sections 1.1, 1.2 and 2). */
export function errorAnswer(error: unknown): ErrorAnswer {
  if (error instanceof DomainError) return domainAnswer(error);
  const state = sqlState(error);
  if (state === '23505') return answer(409, { detail: 'An object with these values already exists.' });
  if (state === '23503') return answer(409, { detail: 'The object is still referenced by another one.' });
  if (state !== undefined && BAD_INPUT_STATES.test(state)) return answer(400, { detail: 'A value cannot be stored.' });
  if (isDatabaseDown(error)) return unavailable();
  const status = httpStatus(error);
  if (status !== undefined && status >= 400 && status < 500)
    return answer(status, { detail: frameworkDetail(status, error) });
  if (status === 503) return unavailable();
  return { ...answer(500, { detail: 'A server error occurred.' }), unexpected: true };
}

function domainAnswer(error: DomainError): ErrorAnswer {
  const { details } = error;
  return answer(STATUS[error.kind], wordedBody(error), {
    ...(error.kind === 'unauthenticated' ? { 'WWW-Authenticate': 'Token' } : {}),
    ...(typeof details['retryAfterSeconds'] === 'number'
      ? { 'Retry-After': String(Math.max(1, Math.ceil(details['retryAfterSeconds']))) }
      : error.kind === 'unavailable'
        ? { 'Retry-After': RETRY_AFTER_SECONDS }
        : {}),
  });
}

function wordedBody(error: DomainError): Readonly<Record<string, unknown>> {
  const { details } = error;
  const worded = details['body'] ?? details['fields'];
  if (isRecord(worded)) return worded;
  const code = typeof details['code'] === 'string' ? details['code'] : '';
  switch (error.kind) {
    case 'unauthenticated':
      return UNAUTHENTICATED[code] ?? { detail: error.message };
    case 'refused':
      return { detail: REFUSED[code] ?? error.message };
    case 'not_found':
      return { detail: 'Not found.' };
    case 'throttled': {
      const seconds = Math.max(1, Math.ceil(Number(details['retryAfterSeconds'] ?? 1)));
      return { detail: `Request was throttled. Expected available in ${seconds} seconds.` };
    }
    default:
      return { detail: error.message };
  }
}

function frameworkDetail(status: number, error: unknown): string {
  const message = error instanceof Error ? error.message : '';
  switch (status) {
    case 404:
      return 'Not found.';
    case 413:
      return 'The request body is too large.';
    case 400:
      return isParseError(error) ? `JSON parse error - ${message}` : message || 'Bad request.';
    default:
      return message || 'Bad request.';
  }
}

function isParseError(error: unknown): boolean {
  const code = isRecord(error) ? error['code'] : undefined;
  return (
    error instanceof SyntaxError || code === 'FST_ERR_CTP_INVALID_JSON_BODY' || code === 'FST_ERR_CTP_EMPTY_JSON_BODY'
  );
}

/** Fastify's errors carry `statusCode`, Nest's `getStatus()`. */
function httpStatus(error: unknown): number | undefined {
  if (!isRecord(error)) return undefined;
  const status =
    typeof error['getStatus'] === 'function'
      ? (error as unknown as { getStatus(): unknown }).getStatus()
      : error['statusCode'];
  return typeof status === 'number' ? status : undefined;
}

function sqlState(error: unknown): string | undefined {
  const cause = isRecord(error) && isRecord(error['driverError']) ? error['driverError'] : error;
  const code = isRecord(cause) ? cause['code'] : undefined;
  // EPIPE has five letters too, so a class has to begin as PostgreSQL's do.
  return typeof code === 'string' && /^([0-9][0-9A-Z]|P0|XX|F0|HV)[0-9A-Z]{3}$/.test(code) ? code : undefined;
}

const DOWN_STATES = /^(08...|57P0[1-5]|57014|53...|40001|40P01|55P03)$/;
const DOWN_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'ETIMEDOUT',
  'EPIPE',
  'EAI_AGAIN',
]);
const DOWN_MESSAGES =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error/;

/** The database cannot be reached, or asks to try again; only an error that came through its driver counts. */
function isDatabaseDown(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== undefined) return DOWN_STATES.test(state);
  if (!(error instanceof Error)) return false;
  const code = isRecord(error) ? error['code'] : undefined;
  return (typeof code === 'string' && DOWN_CODES.has(code)) || DOWN_MESSAGES.test(error.message);
}

function unavailable(): ErrorAnswer {
  return answer(
    503,
    { detail: 'Service temporarily unavailable, try again later.' },
    { 'Retry-After': RETRY_AFTER_SECONDS },
  );
}

function answer(
  status: number,
  body: Readonly<Record<string, unknown>>,
  headers: Readonly<Record<string, string>> = {},
): ErrorAnswer {
  return { status, headers, body, unexpected: false };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * What a failed database call means, told from its SQLSTATE, its socket error or, where `pg` gives nothing else, its
 * text. Errors may come from `pg`, wrapped by TypeORM (`driverError`) or wrapped by us (`cause`).
 */

/** 08: connection exceptions. 57P01-57P05: shut down, crashed, starting, dropped, idle. 53300: no connection left. */
const UNAVAILABLE_STATES = /^(08...|57P0[1-5]|53300|25P03)$/;

const SOCKET_ERRORS = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** Said by `pg` and `pg-pool` without any code; and by TypeORM for a query on a connection it already gave up. */
const LOST_CONNECTION_TEXTS = [
  'Connection terminated',
  'timeout exceeded when trying to connect',
  'Client has encountered a connection error',
  'Client was closed and is not queryable',
  'Query read timeout',
  'Driver not Connected',
  // TypeORM gives a lent connection up when it is lost between two statements.
  'Query runner already released',
  'provided by a query runner was already released',
];

interface PgFields {
  readonly code?: unknown;
  readonly constraint?: unknown;
}

/** The database cannot be reached or has just gone away: the same call may succeed later. */
export function isDatabaseUnavailable(error: unknown): boolean {
  return chain(error).some((link) => {
    const code = codeOf(link);
    if (code !== undefined && (UNAVAILABLE_STATES.test(code) || SOCKET_ERRORS.has(code))) return true;
    return code === undefined && LOST_CONNECTION_TEXTS.some((text) => link.message.includes(text));
  });
}

/** The name of the unique (or exclusion) constraint a write ran into; `undefined` when it failed otherwise. */
export function violatedUnique(error: unknown): string | undefined {
  const found = withState(error, (code) => code === '23505' || code === '23P01');
  if (!found) return undefined;
  const { constraint } = found as PgFields;
  return typeof constraint === 'string' ? constraint : '';
}

/** Two transactions got in each other's way: run the whole transaction again. */
export function isRetryableConflict(error: unknown): boolean {
  return withState(error, (code) => code === '40001' || code === '40P01') !== undefined;
}

/**
 * A value PostgreSQL cannot take: a NUL character (22021, and 22P05 inside jsonb), text that is no number, uuid or
 * date (22P02, 22007, 22008), a number out of range (22003), text too long (22001). The request is at fault, not we.
 */
export function isInvalidValue(error: unknown): boolean {
  return withState(error, (code) => /^22(021|P05|P02|003|007|008|001)$/.test(code)) !== undefined;
}

function withState(error: unknown, matches: (code: string) => boolean): Error | undefined {
  return chain(error).find((link) => {
    const code = codeOf(link);
    return code !== undefined && matches(code);
  });
}

function codeOf(error: Error): string | undefined {
  const { code } = error as PgFields;
  return typeof code === 'string' ? code : undefined;
}

/** The error and all it wraps, outermost first; a failed connect to a host with two addresses holds two. */
function chain(error: unknown, depth = 0): Error[] {
  if (!isError(error) || depth > 5) return [];
  const { driverError, cause, errors } = error as { driverError?: unknown; cause?: unknown; errors?: unknown };
  const inner: unknown[] = Array.isArray(errors) ? errors : [];
  return [error, ...[driverError, cause, ...inner].flatMap((wrapped) => chain(wrapped, depth + 1))];
}

/** Not `instanceof`: an error may come from another realm, as under a test runner. */
function isError(value: unknown): value is Error {
  return typeof value === 'object' && value !== null && typeof (value as { message?: unknown }).message === 'string';
}

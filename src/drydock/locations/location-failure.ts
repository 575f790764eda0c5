import { ActionError } from '../../common/errors.js';

export type FailureCode = 'location_refused' | 'location_failed' | 'location_too_large';

/** No message holds a login, a path or a query: each may be or hold a secret. */
export function locationFailure(code: FailureCode, message: string, cause?: unknown): ActionError {
  const retryable = code === 'location_failed';
  return new ActionError(message, { code, retryable, ...(cause === undefined ? {} : { cause }) });
}

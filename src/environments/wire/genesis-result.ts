import { Conflict, Invalid, NotFound } from '../../common/errors.js';

/** Where a result object says what was wrong (spec environments section 1.1). */
export interface ResultErrors {
  /** By the field of the request. */
  readonly serviceErrors: Readonly<Record<string, string>>;
  /** By the name of a variable, or of a field that was validated. */
  readonly variablesErrors: Readonly<Record<string, string>>;
  /** What belongs to no single field. */
  readonly compoundServiceErrors: readonly string[];
  readonly compoundVariablesErrors: readonly string[];
}

export interface SuccessBody extends ResultErrors {
  readonly isSuccess: true;
  readonly result?: unknown;
}

export interface FailureBody extends ResultErrors {
  readonly isSuccess: false;
  readonly isNotFound: boolean;
}

const NO_ERRORS: ResultErrors = {
  serviceErrors: {},
  variablesErrors: {},
  compoundServiceErrors: [],
  compoundVariablesErrors: [],
};

/** What a change answers: the contract's four containers, and the result the web interface reads. */
export function success(result?: unknown): SuccessBody {
  return { ...NO_ERRORS, isSuccess: true, ...(result === undefined ? {} : { result }) };
}

export function failure(errors: Partial<ResultErrors>, isNotFound = false): FailureBody {
  return { ...NO_ERRORS, ...errors, isSuccess: false, isNotFound };
}

/** To throw: a 400 with a result object. */
export function refused(errors: Partial<ResultErrors>): Invalid {
  return new Invalid('The request was refused.', { errors });
}

/** To throw: a 404 with a result object. */
export function missing(
  message: string,
  container: 'compoundServiceErrors' | 'compoundVariablesErrors' = 'compoundServiceErrors',
): NotFound {
  return new NotFound(message, { errors: { [container]: [message] } });
}

/** To throw: a 400 with `{"error": …}`, for what cannot even be read. */
export function inputError(message: string): Invalid {
  return new Invalid(message, { shape: 'input' });
}

/** To throw: a 409 with `{"error": …}`; everything else that clashes is a 400 (spec section 1.1). */
export function clash(message: string): Conflict {
  return new Conflict(message, { shape: 'input' });
}

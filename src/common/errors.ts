/**
 * The domain's refusals. None knows HTTP: `http/status-of.ts` gives each kind its default status and a dialect's
 * error filter words the answer.
 */
export type ErrorKind =
  | 'not_found'
  | 'invalid'
  | 'conflict'
  | 'illegal_transition'
  | 'refused'
  | 'unauthenticated'
  | 'throttled'
  | 'unavailable'
  | 'too_large'
  | 'unprocessable'
  | 'outdated'
  | 'precondition_required';

export abstract class DomainError extends Error {
  abstract readonly kind: ErrorKind;
  /** What a dialect may add to its answer: field errors, unknown ids, a stable code. Never a secret. */
  constructor(
    message: string,
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.name = new.target.name;
  }
}

export class NotFound extends DomainError {
  readonly kind = 'not_found';
}

export class Invalid extends DomainError {
  readonly kind = 'invalid';
}

export class Conflict extends DomainError {
  readonly kind = 'conflict';
}

export class IllegalTransition extends DomainError {
  readonly kind = 'illegal_transition';
}

/** Known who it is, not allowed to do this. */
export class Refused extends DomainError {
  readonly kind = 'refused';
}

export class Unauthenticated extends DomainError {
  readonly kind = 'unauthenticated';
}

export class Throttled extends DomainError {
  readonly kind = 'throttled';
  constructor(
    message: string,
    readonly retryAfterSeconds: number,
  ) {
    super(message, { retryAfterSeconds });
  }
}

export class Unavailable extends DomainError {
  readonly kind = 'unavailable';
}

/** Well-formed, allowed, and still not to be done: a key that was used for something else. */
export class Unprocessable extends DomainError {
  readonly kind = 'unprocessable';
}

/** What the caller saw has changed since: nothing was done, look again. */
export class Outdated extends DomainError {
  readonly kind = 'outdated';
}

/** A change that must say which state it was decided on, and did not. */
export class PreconditionRequired extends DomainError {
  readonly kind = 'precondition_required';
}

export class TooLarge extends DomainError {
  readonly kind = 'too_large';
}

/**
 * Something the outside world did not do. Thrown by drivers and step handlers; `retryable` says whether the same act
 * may succeed later. What happens next is the orchestration's decision, never the thrower's.
 */
export class ActionError extends Error {
  constructor(
    message: string,
    readonly options: { code: string; retryable: boolean; cause?: unknown },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
  }

  get code(): string {
    return this.options.code;
  }

  get retryable(): boolean {
    return this.options.retryable;
  }
}

import { Conflict, Invalid, NotFound } from '../../common/errors.js';

/**
 * The two ways the Upgrade dialect words a refusal, put into a domain error's details: `fields` becomes Django's
 * `{"field": ["message"]}`, `body` is sent as it is (spec upgrade sections 1.1 and 2).
 */
export type FieldErrors = Readonly<Record<string, readonly string[]>>;

/** 400 `{"field": ["message"]}`. */
export function invalidFields(fields: FieldErrors): Invalid {
  return new Invalid(
    Object.entries(fields)
      .map(([field, messages]) => `${field}: ${messages.join(' ')}`)
      .join('; '),
    { fields },
  );
}

export function invalidField(field: string, message: string): Invalid {
  return invalidFields({ [field]: [message] });
}

/** 400 `{"error": title, "message": message, …extra}`. */
export function invalidRequest(title: string, message: string, extra: Readonly<Record<string, unknown>> = {}): Invalid {
  return new Invalid(message, { body: { error: title, message, ...extra } });
}

/** 409 `{"error": title, "message": message}`. */
export function conflicting(title: string, message: string, extra: Readonly<Record<string, unknown>> = {}): Conflict {
  return new Conflict(message, { body: { error: title, message, ...extra } });
}

/** 404 `{"detail": "Not found."}`, as every unknown id in this dialect. */
export function notFound(what: string): NotFound {
  return new NotFound(what);
}

export function invalidPage(): NotFound {
  return new NotFound('Invalid page.', { body: { detail: 'Invalid page.' } });
}

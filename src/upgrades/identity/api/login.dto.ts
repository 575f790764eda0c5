import { Invalid } from '../../../common/errors.js';
import { invalidRequest } from '../../drf/refusals.js';

export interface LoginBody {
  readonly username: string;
  readonly password: string;
}

/** Form or JSON. Missing, blank or of another type: one and the same answer (spec upgrade section 1.2). */
export function parseLogin(body: unknown): LoginBody {
  if (typeof body !== 'object' && body !== undefined && body !== null) throw notAnObject();
  if (Array.isArray(body)) throw notAnObject();
  const { username, password } = (body ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof username !== 'string' || typeof password !== 'string' || username.trim() === '' || password === '') {
    const error = 'Username and password required';
    throw new Invalid(error, { body: { error } });
  }
  return { username, password };
}

function notAnObject(): Invalid {
  return invalidRequest('Invalid request', 'Request body must be a JSON object');
}

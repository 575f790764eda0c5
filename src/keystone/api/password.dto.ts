import { Invalid } from '../../common/errors.js';
import { bodyFields, fieldsAt, textAt } from './request-fields.js';

/** Longer ones could be stored and never be logged in with. */
const LONGEST = 1024;

/** A change of one's own password, alike in v2.0 (OS-KSCRUD) and v3. */
export function parsePasswordChange(body: unknown): { readonly original: string; readonly wanted: string } {
  const user = fieldsAt(bodyFields(body), 'user', 'request body');
  const original = textAt(user, 'original_password', 'user');
  const wanted = textAt(user, 'password', 'user');
  if (wanted.length > LONGEST) throw new Invalid(`The password must not be longer than ${LONGEST} characters.`);
  return { original, wanted };
}

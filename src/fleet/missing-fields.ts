import type { Invalid } from '../common/errors.js';
import { invalidFields } from '../common/fields/read-fields.js';

/**
 * What a new thing needs and a change of it does not: class-validator lets a class loosen or tighten a field it inherits
 * only by stating all of its rules again.
 */
export function missingFields<T extends object>(body: T, required: readonly (keyof T & string)[]): Invalid {
  const missing = required.filter((name) => body[name] === undefined);
  return invalidFields(missing.map((name) => ({ pointer: `/${name}`, detail: 'is required' })));
}

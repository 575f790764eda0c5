import type { FieldErrors } from './refusals.js';
import { invalidFields } from './refusals.js';

const UNIQUE_VIOLATION = '23505';
const FOREIGN_KEY_VIOLATION = '23503';

/**
 * Runs a change and words the constraints it may break as field errors. The database decides, so two requests at once
 * with the same name end as one created and one refused.
 */
export async function wordingConstraints<T>(
  words: Readonly<Record<string, FieldErrors>>,
  change: () => Promise<T>,
): Promise<T> {
  try {
    return await change();
  } catch (error) {
    const broken = brokenConstraint(error);
    const fields = broken === undefined ? undefined : words[broken];
    throw fields === undefined ? error : invalidFields(fields);
  }
}

function brokenConstraint(error: unknown): string | undefined {
  const cause: unknown =
    typeof error === 'object' && error !== null && 'driverError' in error ? error.driverError : error;
  if (typeof cause !== 'object' || cause === null || !('code' in cause) || !('constraint' in cause)) return undefined;
  const isConstraint = cause.code === UNIQUE_VIOLATION || cause.code === FOREIGN_KEY_VIOLATION;
  return isConstraint && typeof cause.constraint === 'string' ? cause.constraint : undefined;
}

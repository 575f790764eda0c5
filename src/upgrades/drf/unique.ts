import { conflicting, invalidFields, type FieldErrors } from './refusals.js';

const UNIQUE_VIOLATION = '23505';
const FOREIGN_KEY_VIOLATION = '23503';

interface Violation {
  readonly code: string;
  readonly constraint: string;
  /** The table whose row is in the way. */
  readonly table: string;
}

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
    const violation = violationOf(error);
    const fields = violation && words[violation.constraint];
    throw fields ? invalidFields(fields) : error;
  }
}

/** Runs a deletion and words what still refers to the row: 409 `{"error", "message"}`. */
export async function wordingUse<T>(what: string, deletion: () => Promise<T>): Promise<T> {
  try {
    return await deletion();
  } catch (error) {
    const violation = violationOf(error);
    if (violation?.code !== FOREIGN_KEY_VIOLATION) throw error;
    throw conflicting(
      `${what} in use`,
      `The ${what.toLowerCase()} is still used by ${violation.table.replaceAll('_', ' ')}.`,
    );
  }
}

/** Another row has the same value in a field. */
export function alreadyExists(what: string, field: string): FieldErrors {
  return { [field]: [`${what} with this ${field} already exists.`] };
}

function violationOf(error: unknown): Violation | undefined {
  const cause: unknown =
    typeof error === 'object' && error !== null && 'driverError' in error ? error.driverError : error;
  if (typeof cause !== 'object' || cause === null || !('code' in cause) || !('constraint' in cause)) return undefined;
  if (cause.code !== UNIQUE_VIOLATION && cause.code !== FOREIGN_KEY_VIOLATION) return undefined;
  const table = 'table' in cause ? String(cause.table) : '';
  return { code: cause.code, constraint: String(cause.constraint), table };
}

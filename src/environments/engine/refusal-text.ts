import type { DomainError } from '../../common/errors.js';

/** All that a refusal says, as one text: for where there is nobody to answer. */
export function problemsOf(error: DomainError): string {
  const found = textsOf(error.details);
  return found.length === 0 ? error.message : [...new Set(found)].join('; ');
}

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textsOf);
}

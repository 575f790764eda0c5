import { textOf } from '../wire/genesis-body.js';

const NAME = /^[\p{L}0-9.\-_ ]{1,64}$/u;

/** The name without what stands around it; null where an environment cannot be called that (spec environments section 2.1). */
export function environmentName(given: unknown): string | null {
  const name = textOf(given).trim();
  return NAME.test(name) ? name : null;
}

export const BAD_NAME = 'Invalid format. Use letters, digits, spaces and the characters . - _, 64 at most';

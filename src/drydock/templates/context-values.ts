import type { Dict, Value } from './values.js';

/** A plain value as a template sees it: whole numbers as ints, objects as dicts in the order of their keys. */
export type Plain = string | number | boolean | null | readonly Plain[] | ReadonlyMap<string, Plain>;

/** Made anew for every rendering, since a template may change what it is given. */
export function valueOf(plain: Plain): Value {
  if (typeof plain === 'number') return Number.isInteger(plain) ? BigInt(plain) : plain;
  if (typeof plain !== 'object' || plain === null) return plain;
  return isList(plain) ? plain.map(valueOf) : dictOf(plain);
}

export function dictOf(plain: ReadonlyMap<string, Plain>): Dict {
  return new Map([...plain].map(([name, value]) => [name, valueOf(value)]));
}

function isList(plain: readonly Plain[] | ReadonlyMap<string, Plain>): plain is readonly Plain[] {
  return Array.isArray(plain);
}

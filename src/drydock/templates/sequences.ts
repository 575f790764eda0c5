import type { Meter } from './meter.js';
import { Callable, type Dict, misuse, Range, Tuple, Undefined, type Value, View } from './values.js';

/** The items a `for` would see. Each costs a step before it is made. */
export function itemsOf(value: Value, meter: Meter): readonly Value[] {
  if (value instanceof Undefined) return [];
  if (value instanceof Range) {
    const items: Value[] = [];
    for (let index = 0; index < value.length; index += 1) {
      meter.step();
      items.push(value.at(index));
    }
    return items;
  }
  meter.step(lengthOf(value));
  if (typeof value === 'string') return [...value];
  if (Array.isArray(value)) return [...value];
  if (value instanceof Map) return [...value.keys()];
  if (value instanceof Tuple || value instanceof View) return value.items;
  throw misuse(value, 'object is not iterable');
}

export function lengthOf(value: Value): number {
  if (value instanceof Undefined) return 0;
  if (typeof value === 'string') return hasPairs(value) ? [...value].length : value.length;
  if (Array.isArray(value) || value instanceof Range) return value.length;
  if (value instanceof Map) return value.size;
  if (value instanceof Tuple || value instanceof View) return value.items.length;
  throw misuse(value, 'object has no length');
}

export function isIterable(value: Value): boolean {
  const isObject = typeof value === 'object' && value !== null;
  return typeof value === 'string' || (isObject && !(value instanceof Callable) && 'name' in value === false) || value instanceof View;
}

export function dictOf(value: Value): Dict {
  if (value instanceof Map) return value;
  throw misuse(value, 'object is not a mapping');
}

/** Python's `value[start:stop:step]`, clamped to what there is. */
export function slice(value: Value, parts: readonly (Value | undefined)[], meter: Meter): Value {
  const step = partOf(parts[2], 1);
  if (step === 0) throw misuse(value, 'slice step cannot be zero');
  const isSequence = typeof value === 'string' || Array.isArray(value) || value instanceof Tuple || value instanceof Range;
  if (!isSequence) throw misuse(value, 'object cannot be sliced');
  const items = itemsOf(value, meter);
  const [first, last] = step > 0 ? [0, items.length] : [-1, items.length - 1];
  const clamp = (index: number) => Math.min(Math.max(index < 0 ? index + items.length : index, first), last);
  const start = isGiven(parts[0]) ? clamp(partOf(parts[0], 0)) : step > 0 ? first : last;
  const stop = isGiven(parts[1]) ? clamp(partOf(parts[1], 0)) : step > 0 ? last : first;
  const chosen: Value[] = [];
  for (let index = start; step > 0 ? index < stop : index > stop; index += step) chosen.push(items[index] ?? null);
  if (typeof value === 'string') return chosen.join('');
  return value instanceof Tuple ? new Tuple(chosen) : chosen;
}

function isGiven(part: Value | undefined): part is Value {
  return part !== undefined && part !== null;
}

function partOf(part: Value | undefined, fallback: number): number {
  if (!isGiven(part)) return fallback;
  if (typeof part === 'bigint') return Math.max(-0x7fff_ffff, Math.min(0x7fff_ffff, Number(part)));
  throw misuse(part, 'is no slice index');
}

function hasPairs(text: string): boolean {
  return /[\ud800-\udbff]/.test(text);
}

import type { Meter } from './meter.js';
import { methodOf } from './object-methods.js';
import { itemsOf, lengthOf } from './sequences.js';
import { Attributes, isInteger, kindOf, misuse, Range, toIndex, Tuple, Undefined, type Value, View, valueOr } from './values.js';

/** `value.name`: a method goes before an item of the same name, as in Jinja2. */
export function attributeOf(value: Value, name: string, meter: Meter): Value {
  if (value instanceof Undefined) throw misuse(value, '');
  if (value instanceof Attributes) return valueOr(value.attributes.get(name), missing(value, name));
  const method = methodOf(value, name, meter);
  if (method) return method;
  return valueOr(value instanceof Map ? value.get(name) : undefined, missing(value, name));
}

/** `value[key]`: an item goes before a method. */
export function itemOf(value: Value, key: Value, meter: Meter): Value {
  if (value instanceof Undefined) throw misuse(value, '');
  const found = value instanceof Map ? value.get(key) : isInteger(key) ? indexed(value, toIndex(BigInt(key)), meter) : undefined;
  if (found !== undefined) return found;
  if (typeof key === 'string') return attributeOf(value, key, meter);
  return new Undefined(`'${kindOf(value)} object' has no such element`);
}

function indexed(value: Value, index: number, meter: Meter): Value | undefined {
  const isSequence = typeof value === 'string' || Array.isArray(value) || value instanceof Tuple || value instanceof Range;
  if (!isSequence || value instanceof View) return undefined;
  const place = index < 0 ? index + lengthOf(value) : index;
  if (value instanceof Range) return place >= 0 && place < value.length ? value.at(place) : undefined;
  return Array.isArray(value) ? value[place] : itemsOf(value, meter)[place];
}

function missing(value: Value, name: string): Undefined {
  return new Undefined(`'${kindOf(value)} object' has no attribute '${name}'`);
}

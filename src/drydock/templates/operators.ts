import type { Meter } from './meter.js';
import { formatPercent } from './percent-format.js';
import { textOf } from './printing.js';
import { itemsOf, lengthOf } from './sequences.js';
import { TemplateError } from './template-error.js';
import {
  isInteger,
  isNumber,
  kindOf,
  misuse,
  Range,
  toIndex,
  Tuple,
  Undefined,
  type Value,
  View, valueOr } from './values.js';

/** Integers grow without end in Python; no template needs more digits than this. */
const LARGEST = 1n << 4096n;

export function isTrue(value: Value): boolean {
  if (value === null || value instanceof Undefined) return false;
  if (isNumber(value)) return Number(value) !== 0;
  const isSized = typeof value === 'string' || Array.isArray(value) || value instanceof Map;
  if (isSized || value instanceof Tuple || value instanceof View || value instanceof Range) return lengthOf(value) > 0;
  return true;
}

export function areEqual(left: Value, right: Value, meter: Meter): boolean {
  meter.step();
  if (isNumber(left) && isNumber(right)) return sameNumber(left, right);
  if (left instanceof Undefined) return right instanceof Undefined;
  if (Array.isArray(left) && Array.isArray(right)) return sameItems(left, right, meter);
  if (left instanceof Tuple && right instanceof Tuple) return sameItems(left.items, right.items, meter);
  if (left instanceof Map && right instanceof Map) {
    return left.size === right.size && [...left].every(([key, item]) => areEqual(item, valueOr(right.get(key), new Undefined('')), meter));
  }
  return left === right;
}

function sameNumber(left: bigint | boolean | number, right: bigint | boolean | number): boolean {
  return isInteger(left) && isInteger(right) ? BigInt(left) === BigInt(right) : Number(left) === Number(right);
}

function sameItems(left: readonly Value[], right: readonly Value[], meter: Meter): boolean {
  return left.length === right.length && left.every((item, index) => areEqual(item, right[index] as Value, meter));
}

/** Negative, zero or positive; an error where Python has no order between the two. */
export function compare(left: Value, right: Value, meter: Meter): number {
  meter.step();
  if (isNumber(left) && isNumber(right)) {
    if (!isInteger(left) || !isInteger(right)) return Number(left) - Number(right);
    const difference = BigInt(left) - BigInt(right);
    return difference > 0n ? 1 : difference < 0n ? -1 : 0;
  }
  if (typeof left === 'string' && typeof right === 'string') return compareTexts(left, right);
  const [ours, theirs] = [orderedItems(left), orderedItems(right)];
  if (!ours || !theirs || kindOf(left) !== kindOf(right)) {
    if (left instanceof Undefined || right instanceof Undefined) throw misuse(left instanceof Undefined ? left : right, '');
    throw new TemplateError(`'${kindOf(left)}' and '${kindOf(right)}' have no order`);
  }
  const index = ours.findIndex((item, at) => at >= theirs.length || !areEqual(item, theirs[at] as Value, meter));
  if (index < 0) return ours.length - theirs.length;
  return index >= theirs.length ? 1 : compare(ours[index] as Value, theirs[index] as Value, meter);
}

/** By code points: UTF-16 would put some rare characters elsewhere. */
function compareTexts(left: string, right: string): number {
  if (left === right) return 0;
  if (!/[\ud800-\udfff]/.test(left + right)) return left < right ? -1 : 1;
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

function orderedItems(value: Value): readonly Value[] | undefined {
  if (Array.isArray(value)) return value;
  return value instanceof Tuple ? value.items : undefined;
}

export function contains(item: Value, container: Value, meter: Meter): boolean {
  if (typeof container === 'string') {
    meter.step(1 + (container.length >> 6));
    if (typeof item !== 'string') throw misuse(item, `cannot be looked for in a str`);
    return container.includes(item);
  }
  if (container instanceof Map) return container.has(item);
  return itemsOf(container, meter).some((one) => areEqual(one, item, meter));
}

type Arithmetic = '+' | '-' | '*' | '/' | '//' | '%' | '**';

export function calculate(operator: string, left: Value, right: Value, meter: Meter): Value {
  if (operator === '~') return joined(textOf(left, meter), textOf(right, meter), meter);
  if (operator === '%' && typeof left === 'string') return formatPercent(left, right, meter);
  const sum = operator === '+' ? concatenated(left, right, meter) : operator === '*' ? repeated(left, right, meter) : undefined;
  if (sum !== undefined) return sum;
  if (!isNumber(left) || !isNumber(right)) {
    const culprit = left instanceof Undefined ? left : right;
    if (culprit instanceof Undefined) throw misuse(culprit, '');
    throw new TemplateError(`unsupported operand types for ${operator}: '${kindOf(left)}' and '${kindOf(right)}'`);
  }
  const whole = isInteger(left) && isInteger(right) && operator !== '/';
  return whole ? integers(operator as Arithmetic, BigInt(left), BigInt(right)) : floats(operator as Arithmetic, Number(left), Number(right));
}

function joined(left: string, right: string, meter: Meter): string {
  meter.room(left.length + right.length);
  return left + right;
}

function concatenated(left: Value, right: Value, meter: Meter): Value | undefined {
  if (typeof left === 'string' && typeof right === 'string') return joined(left, right, meter);
  const [ours, theirs] = [orderedItems(left), orderedItems(right)];
  if (!ours || !theirs || kindOf(left) !== kindOf(right)) return undefined;
  meter.step(ours.length + theirs.length);
  return left instanceof Tuple ? new Tuple([...ours, ...theirs]) : [...ours, ...theirs];
}

function repeated(left: Value, right: Value, meter: Meter): Value | undefined {
  if (isNumber(left)) return isNumber(right) ? undefined : repeated(right, left, meter);
  const items = orderedItems(left);
  if (!isInteger(right) || (typeof left !== 'string' && !items)) return undefined;
  const times = Math.max(0, toIndex(right));
  if (typeof left === 'string') {
    meter.room(left.length * times);
    return left.repeat(times);
  }
  meter.step((items?.length ?? 0) * times);
  const all = Array.from({ length: times }, () => items ?? []).flat();
  return left instanceof Tuple ? new Tuple(all) : all;
}

function integers(operator: Arithmetic, left: bigint, right: bigint): Value {
  if (operator === '+') return sized(left + right);
  if (operator === '-') return sized(left - right);
  if (operator === '*') return sized(left * right);
  if (operator === '**') return power(left, right);
  if (right === 0n) throw new TemplateError('integer division or modulo by zero');
  // Towards minus infinity, and the remainder with the sign of the divisor: not as in JavaScript.
  const isRounded = left % right !== 0n && left < 0n !== right < 0n;
  if (operator === '//') return left / right - (isRounded ? 1n : 0n);
  return (left % right) + (isRounded ? right : 0n);
}

function power(left: bigint, right: bigint): Value {
  if (right < 0n) return floats('**', Number(left), Number(right));
  if (left >= -1n && left <= 1n) return left ** (right % 2n === 0n && left !== 0n ? 2n : right === 0n ? 0n : 1n);
  if (right > 4096n) throw new TemplateError('the template makes too large a number');
  // A base below the limit to the power of 4096 would still be a number of megabytes.
  if (BigInt(left.toString(2).length) * right > 8192n) throw new TemplateError('the template makes too large a number');
  return sized(left ** right);
}

function sized(value: bigint): bigint {
  if (value > LARGEST || value < -LARGEST) throw new TemplateError('the template makes too large a number');
  return value;
}

function floats(operator: Arithmetic, left: number, right: number): number {
  if (operator === '+') return left + right;
  if (operator === '-') return left - right;
  if (operator === '*') return left * right;
  if (operator === '**') return left ** right;
  if (right === 0) throw new TemplateError('division by zero');
  if (operator === '/') return left / right;
  if (operator === '//') return Math.floor(left / right);
  return left - right * Math.floor(left / right);
}

export function negated(value: Value): Value {
  if (isInteger(value)) return -BigInt(value);
  if (typeof value === 'number') return -value;
  throw misuse(value, 'is no operand for unary -');
}

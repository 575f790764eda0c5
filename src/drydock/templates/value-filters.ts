import type { Filter } from './filter.js';
import { isTrue } from './operators.js';
import { TemplateError } from './template-error.js';
import { type Arguments, isInteger, isNumber, misuse, toIndex, toText, Undefined, type Value, valueOr } from './values.js';

/** Filters on single values: what stands in for nothing, and numbers. */
export const VALUE_FILTERS: ReadonlyMap<string, Filter> = new Map<string, Filter>([
  ['default', defaulted],
  ['d', defaulted],
  ['attr', (value, args, calls) => calls.attribute(value, toText(args.bind('name')[0]))],
  ['abs', (value, args) => (args.bind(), absolute(value))],
  ['int', (value, args) => integerOf(value, args)],
  ['float', (value, args) => floatOf(value, valueOr(args.bind('default')[0], 0))],
  ['round', (value, args) => rounded(value, args)],
]);

function defaulted(value: Value, args: Arguments): Value {
  const [fallback, isForFalse] = args.bind('default_value', 'boolean');
  const isMissing = value instanceof Undefined || (isTrue(isForFalse ?? false) && !isTrue(value));
  return isMissing ? valueOr(fallback, '') : value;
}

function absolute(value: Value): Value {
  if (isInteger(value)) return BigInt(value) < 0n ? -BigInt(value) : BigInt(value);
  if (typeof value === 'number') return Math.abs(value);
  throw misuse(value, 'has no absolute value');
}

/** What is no number becomes the default, not an error. */
function integerOf(value: Value, args: Arguments): Value {
  const [fallback, base] = args.bind('default', 'base');
  if (value instanceof Undefined) throw misuse(value, '');
  if (isInteger(value)) return BigInt(value);
  if (typeof value === 'number') return Number.isFinite(value) ? BigInt(Math.trunc(value)) : valueOr(fallback, 0n);
  if (typeof value !== 'string' || value.length > 1_000) return valueOr(fallback, 0n);
  const text = value.trim().toLowerCase();
  const radix = toIndex(base, 10);
  const parsed = radix === 10 ? undefined : inBase(text, radix);
  if (parsed !== undefined) return parsed;
  if (/^[-+]?\d+(?:_\d+)*$/.test(text)) return BigInt(text.replace(/[_+]/g, ''));
  const float = floatText(text);
  return float === undefined || !Number.isFinite(float) ? valueOr(fallback, 0n) : BigInt(Math.trunc(float));
}

const PREFIXES: Readonly<Record<number, RegExp>> = { 2: /^0b/, 8: /^0o/, 16: /^0x/ };
const DIGITS: Readonly<Record<number, RegExp>> = { 2: /^[01]+$/, 8: /^[0-7]+$/, 16: /^[0-9a-f]+$/ };

function inBase(text: string, base: number): bigint | undefined {
  const prefix = PREFIXES[base];
  if (!prefix) throw new TemplateError(`int of base ${base} is not known here`);
  const digits = text.replace(prefix, '');
  if (!DIGITS[base]?.test(digits)) return undefined;
  return BigInt({ 2: '0b', 8: '0o', 16: '0x' }[base] + digits);
}

function floatText(text: string): number | undefined {
  return /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/.test(text) ? Number(text) : undefined;
}

function floatOf(value: Value, fallback: Value): Value {
  if (value instanceof Undefined) throw misuse(value, '');
  if (isNumber(value)) return Number(value);
  const parsed = typeof value === 'string' ? floatText(value.trim().toLowerCase()) : undefined;
  return parsed ?? fallback;
}

function rounded(value: Value, args: Arguments): Value {
  const [precision, method] = args.bind('precision', 'method');
  const [digits, how] = [toIndex(precision, 0), toText(method, 'common')];
  if (!isNumber(value)) throw misuse(value, 'cannot be rounded');
  if (!['common', 'ceil', 'floor'].includes(how) || Math.abs(digits) > 100) throw new TemplateError('method must be common, ceil or floor');
  if (how !== 'common') {
    const scale = 10 ** digits;
    return (how === 'ceil' ? Math.ceil : Math.floor)(Number(value) * scale) / scale;
  }
  if (isInteger(value) && digits >= 0) return BigInt(value);
  return toEven(Number(value), digits);
}

/** A half goes to the even neighbour, as in Python. */
function toEven(value: number, digits: number): number {
  if (digits < 0) return toEven(value / 10 ** -digits, 0) * 10 ** -digits;
  const scaled = value * 10 ** digits;
  const isHalf = digits < 16 && Math.abs(scaled % 1) === 0.5 && scaled / 10 ** digits === value && value.toFixed(Math.min(100, digits + 25)).replace(/0+$/, '').length <= value.toFixed(digits + 1).length;
  if (isHalf) return (2 * Math.round(scaled / 2)) / 10 ** digits;
  return Number(value.toFixed(digits));
}

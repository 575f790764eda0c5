import type { Meter } from './meter.js';
import {
  Attributes,
  Callable,
  isInteger,
  Range,
  Tuple,
  Undefined,
  View,
  type Value,
} from './values.js';

/** What `{{ value }}` prints: Python's `str()`. */
export function textOf(value: Value, meter: Meter): string {
  if (typeof value === 'string') return value;
  if (value instanceof Undefined) return '';
  return reprOf(value, meter);
}

/** Python's `repr()`: how a value looks inside a list or a dict. Lists that hold one list many times print it as often. */
export function reprOf(value: Value, meter: Meter): string {
  meter.step();
  if (value === null) return 'None';
  if (typeof value === 'string') return reprOfText(value);
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (isInteger(value)) return value.toString();
  if (typeof value === 'number') return reprOfFloat(value);
  if (value instanceof Undefined) return 'Undefined';
  return reprOfObject(value, meter);
}

function reprOfObject(value: Exclude<Value, string | bigint | number | boolean | null | Undefined>, meter: Meter): string {
  const listed = (items: readonly Value[]) => joined(items.map((item) => reprOf(item, meter)), meter);
  if (Array.isArray(value)) return `[${listed(value)}]`;
  if (value instanceof Tuple) return `(${listed(value.items)}${value.items.length === 1 ? ',' : ''})`;
  if (value instanceof Map) {
    return `{${joined([...value].map(([key, item]) => `${reprOf(key, meter)}: ${reprOf(item, meter)}`), meter)}}`;
  }
  if (value instanceof View) return `${value.name}([${listed(value.items)}])`;
  if (value instanceof Range) {
    return `range(${value.start}, ${value.stop}${value.step === 1n ? '' : `, ${value.step}`})`;
  }
  // Python prints an address of its memory here, which no template can want.
  if (value instanceof Callable) return `<function ${value.name}>`;
  return `<${(value satisfies Attributes).name}>`;
}

function joined(parts: readonly string[], meter: Meter): string {
  meter.room(parts.reduce((sum, part) => sum + part.length + 2, 0));
  return parts.join(', ');
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function reprOfText(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replace(/[\\\n\r\t]|[\p{C}\p{Z}]/gu, (char) => {
    if (char === ' ') return char;
    return ESCAPES[char] ?? escapedCode(char.codePointAt(0) ?? 0);
  });
  return quote + (quote === "'" ? escaped.replaceAll("'", "\\'") : escaped) + quote;
}

function escapedCode(code: number): string {
  const hex = code.toString(16);
  if (code < 0x100) return `\\x${hex.padStart(2, '0')}`;
  return code < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}

/** The shortest digits that mean the number, as in JavaScript; but Python turns to exponents at other sizes. */
export function reprOfFloat(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  const [mantissa = '', power = '0'] = value.toExponential().split('e');
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 16) {
    return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const digits = mantissa.replace(/[-.]/g, '');
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return `${sign}${whole}.${digits.slice(exponent + 1) || '0'}`;
}

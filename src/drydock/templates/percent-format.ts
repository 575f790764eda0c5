import type { Meter } from './meter.js';
import { reprOf, textOf } from './printing.js';
import { TemplateError } from './template-error.js';
import { isNumber, misuse, Tuple, type Value } from './values.js';

const FIELD = /%(?:\(([^)]*)\))?([-+ 0#]*)(\d+)?(?:\.(\d+))?(.)/gs;
const WIDEST = 1_000;

/** Python's `text % values`, and the filter `format`. */
export function formatPercent(text: string, values: Value, meter: Meter): string {
  const items = values instanceof Tuple ? values.items : [values];
  let used = 0;
  const made = text.replace(FIELD, (whole, name?: string, flags = '', width = '0', digits?: string, kind = '') => {
    if (kind === '%') return '%';
    if (Number(width) > WIDEST || Number(digits ?? 0) > 100) throw new TemplateError('a format is too wide');
    meter.step(1 + (Number(width) >> 2));
    const value = name === undefined ? items[used++] : values instanceof Map ? values.get(name) : undefined;
    if (value === undefined) throw new TemplateError('not enough arguments for format string');
    return padded(worded(value, kind as string, digits, meter), flags as string, Number(width), whole);
  });
  const isTaken = values instanceof Map || used >= items.length;
  if (!isTaken) throw new TemplateError('not all arguments converted during string formatting');
  meter.room(made.length);
  return made;
}

function worded(value: Value, kind: string, digits: string | undefined, meter: Meter): string {
  if (kind === 's') return textOf(value, meter).slice(0, digits === undefined ? undefined : Number(digits));
  if (kind === 'r') return reprOf(value, meter);
  if (!isNumber(value)) throw misuse(value, `is no number for %${kind}`);
  const whole = typeof value === 'number' ? BigInt(Math.trunc(value)) : BigInt(value);
  if (kind === 'd' || kind === 'i' || kind === 'u') return whole.toString();
  if (kind === 'x') return whole.toString(16);
  if (kind === 'X') return whole.toString(16).toUpperCase();
  if (kind === 'o') return whole.toString(8);
  if (kind === 'f' || kind === 'F') return Number(value).toFixed(Number(digits ?? 6));
  throw new TemplateError(`unsupported format character '${kind}'`);
}

function padded(text: string, flags: string, width: number, field: string): string {
  const isNumeric = !/[sr]$/.test(field);
  const sign = /^[-]/.exec(text)?.[0] ?? (isNumeric && flags.includes('+') ? '+' : isNumeric && flags.includes(' ') ? ' ' : '');
  const rest = text.startsWith('-') && isNumeric ? text.slice(1) : text;
  const full = isNumeric ? sign + rest : text;
  if (flags.includes('-')) return full.padEnd(width);
  return isNumeric && flags.includes('0') ? sign + rest.padStart(width - sign.length, '0') : full.padStart(width);
}

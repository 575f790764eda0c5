import { formatPercent } from './percent-format.js';
import { reprOfFloat, textOf } from './printing.js';
import { dictOf, itemsOf } from './sequences.js';
import { capitalized, centered, replaced, stripped } from './text-methods.js';
import type { Filter } from './filter.js';
import type { Meter } from './meter.js';
import { TemplateError } from './template-error.js';
import { isTrue } from './operators.js';
import { isNumber, misuse, toIndex, toText, Tuple, Undefined, type Value } from './values.js';

/** Filters that make texts of values. What each does is Jinja2's, argument by argument. */
export const TEXT_FILTERS: ReadonlyMap<string, Filter> = new Map<string, Filter>([
  ['upper', (value, args, { meter }) => (args.bind(), textOf(value, meter).toUpperCase())],
  ['lower', (value, args, { meter }) => (args.bind(), textOf(value, meter).toLowerCase())],
  ['capitalize', (value, args, { meter }) => (args.bind(), capitalized(textOf(value, meter)))],
  ['title', (value, args, { meter }) => (args.bind(), titled(textOf(value, meter)))],
  ['string', (value, args, { meter }) => (args.bind(), textOf(value, meter))],
  ['safe', (value, args, { meter }) => (args.bind(), textOf(value, meter))],
  ['e', (value, args, { meter }) => (args.bind(), escaped(textOf(value, meter)))],
  ['escape', (value, args, { meter }) => (args.bind(), escaped(textOf(value, meter)))],
  ['forceescape', (value, args, { meter }) => (args.bind(), escaped(textOf(value, meter)))],
  ['urlencode', (value, args, { meter }) => (args.bind(), urlEncoded(value, meter))],
  ['tojson', (value, args, { meter }) => toJson(value, args.bind('indent')[0], meter)],
  ['wordcount', (value, args, { meter }) => (args.bind(), BigInt(textOf(value, meter).match(/[\p{L}\p{N}_]+/gu)?.length ?? 0))],
  ['center', (value, args, { meter }) => {
    const width = toIndex(args.bind('width')[0], 80);
    meter.room(width);
    return centered(textOf(value, meter), width);
  }],
  ['trim', (value, args, { meter }) => stripped(textOf(value, meter), args.bind('chars')[0])],
  ['replace', (value, args, { meter }) => {
    const [from, to, most] = args.bind('old', 'new', 'count');
    return replaced(textOf(value, meter), textOf(given(from), meter), textOf(given(to), meter), toIndex(most ?? undefined, -1), meter);
  }],
  ['format', (value, args, { meter }) => {
    if (args.named.size > 0 && args.positional.length > 0) throw new TemplateError('format takes values by place or by name');
    const values = args.named.size > 0 ? new Map<Value, Value>(args.named) : new Tuple(args.positional);
    return formatPercent(textOf(value, meter), values, meter);
  }],
  ['truncate', (value, args, { meter }) => {
    const [length, isKilling, end, leeway] = args.bind('length', 'killwords', 'end', 'leeway');
    return truncated(textOf(value, meter), toIndex(length, 255), isTrue(isKilling ?? false), toText(end, '...'), toIndex(leeway, 5));
  }],
  ['indent', (value, args, { meter }) => {
    const [width, first, blank] = args.bind('width', 'first', 'blank');
    const unit = typeof width === 'string' ? width : ' '.repeat(Math.min(1_000, toIndex(width, 4)));
    return indented(textOf(value, meter), unit, isTrue(first ?? false), isTrue(blank ?? false), meter);
  }],
]);

function given(value: Value | undefined): Value {
  if (value === undefined) throw new TemplateError('a filter lacks an argument');
  return value;
}

function titled(text: string): string {
  return text.split(/([-\s({[<]+)/).map(capitalized).join('');
}

const HTML: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', "'": '&#39;', '"': '&#34;' };

function escaped(text: string): string {
  return text.replace(/[&<>'"]/g, (char) => HTML[char] ?? char);
}

function truncated(text: string, length: number, isKilling: boolean, end: string, leeway: number): string {
  if (text.length <= length + leeway) return text;
  const kept = text.slice(0, Math.max(0, length - end.length));
  if (isKilling) return kept + end;
  const lastBlank = kept.lastIndexOf(' ');
  return (lastBlank < 0 ? kept : kept.slice(0, lastBlank)) + end;
}

function indented(text: string, unit: string, first: boolean, blank: boolean, meter: Meter): string {
  const lines = text.split('\n');
  meter.room(text.length + lines.length * unit.length);
  return lines.map((line, index) => ((index === 0 ? first : blank || line !== '') ? unit + line : line)).join('\n');
}

/** `/` stays in a text, and a blank is `%20`; in the pairs of a dict or a list `/` goes and a blank is `+`. */
function urlEncoded(value: Value, meter: Meter): string {
  if (typeof value === 'string' || isNumber(value) || value === null || value instanceof Undefined) return quoted(textOf(value, meter), '/');
  const pairs = value instanceof Map ? [...dictOf(value)] : itemsOf(value, meter).map((pair) => itemsOf(pair, meter));
  return pairs.map((pair) => {
    if (pair.length !== 2) throw new TemplateError('urlencode takes pairs');
    return pair.map((part) => quoted(textOf(part as Value, meter), '').replaceAll('%20', '+')).join('=');
  }).join('&');
}

function quoted(text: string, safe: '' | '/'): string {
  let encoded: string;
  try {
    encoded = encodeURIComponent(text);
  } catch {
    throw new TemplateError('half a character cannot be encoded');
  }
  const strict = encoded.replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  return safe === '/' ? strict.replaceAll('%2F', '/') : strict;
}

const JSON_ESCAPES = /[<>&'\u007f-\uffff]/g;

/** As `json.dumps(value, sort_keys=True)` writes it, and safe inside HTML. */
function toJson(value: Value, indent: Value | undefined, meter: Meter): string {
  const width = indent === undefined || indent === null ? null : Math.min(40, toIndex(indent));
  const text = jsonOf(value, width, '\n', meter);
  return text.replace(JSON_ESCAPES, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function jsonOf(value: Value, width: number | null, line: string, meter: Meter): string {
  meter.step();
  if (value === null) return 'null';
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'boolean' || typeof value === 'bigint') return value.toString();
  if (typeof value === 'number') return reprOfFloat(value);
  const below = width === null ? line : line + ' '.repeat(width);
  const wrapped = (open: string, parts: readonly string[], close: string) => {
    meter.room(parts.reduce((sum, part) => sum + part.length + below.length + 2, 0));
    if (parts.length === 0) return open + close;
    return width === null ? open + parts.join(', ') + close : `${open}${below}${parts.join(`,${below}`)}${line}${close}`;
  };
  if (value instanceof Map) {
    const keys = [...value].map(([key, item]) => [typeof key === 'string' ? key : jsonOf(key, null, '', meter), item] as const);
    const sorted = keys.sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0));
    return wrapped('{', sorted.map(([key, item]) => `${JSON.stringify(key)}: ${jsonOf(item, width, below, meter)}`), '}');
  }
  const items = Array.isArray(value) ? value : value instanceof Tuple ? value.items : undefined;
  if (!items) throw misuse(value, 'object is not JSON serializable');
  return wrapped('[', items.map((item) => jsonOf(item, width, below, meter)), ']');
}

import type { Meter } from './meter.js';
import { textOf } from './printing.js';
import { itemsOf } from './sequences.js';
import { TemplateError } from './template-error.js';
import { type Arguments, toIndex, toText, Tuple, type Value } from './values.js';

type TextMethod = (text: string, args: Arguments, meter: Meter) => Value;

const WHITE = '\\s';

/** The methods of Python's `str` that templates use. None changes anything, none leads anywhere else. */
export const TEXT_METHODS: ReadonlyMap<string, TextMethod> = new Map<string, TextMethod>([
  ['upper', plain((text) => text.toUpperCase())],
  ['lower', plain((text) => text.toLowerCase())],
  ['capitalize', plain((text) => capitalized(text))],
  ['title', plain((text) => text.replace(/\p{L}+/gu, capitalized))],
  ['swapcase', plain((text) => [...text].map((c) => (c === c.toUpperCase() ? c.toLowerCase() : c.toUpperCase())).join(''))],
  ['isdigit', plain((text) => /^\p{Nd}+$/u.test(text))],
  ['isnumeric', plain((text) => /^\p{N}+$/u.test(text))],
  ['isalpha', plain((text) => /^\p{L}+$/u.test(text))],
  ['isalnum', plain((text) => /^[\p{L}\p{N}]+$/u.test(text))],
  ['isspace', plain((text) => /^\s+$/.test(text))],
  ['isupper', plain((text) => text !== text.toLowerCase() && text === text.toUpperCase())],
  ['islower', plain((text) => text !== text.toUpperCase() && text === text.toLowerCase())],
  ['strip', (text, args) => strip(text, args, true, true)],
  ['lstrip', (text, args) => strip(text, args, true, false)],
  ['rstrip', (text, args) => strip(text, args, false, true)],
  ['split', (text, args, meter) => split(text, args, meter)],
  ['rsplit', (text, args, meter) => rsplit(text, args, meter)],
  ['splitlines', plain((text) => (text === '' ? [] : text.replace(/\n$/, '').split('\n')))],
  ['partition', (text, args) => partition(text, args, (separator) => text.indexOf(separator), 0)],
  ['rpartition', (text, args) => partition(text, args, (separator) => text.lastIndexOf(separator), 2)],
  ['startswith', (text, args) => anyOf(args, (part) => text.startsWith(part))],
  ['endswith', (text, args) => anyOf(args, (part) => text.endsWith(part))],
  ['removeprefix', (text, args) => withoutPart(text, toText(args.bind('prefix')[0]), true)],
  ['removesuffix', (text, args) => withoutPart(text, toText(args.bind('suffix')[0]), false)],
  ['find', (text, args) => BigInt(text.indexOf(toText(args.bind('part')[0])))],
  ['rfind', (text, args) => BigInt(text.lastIndexOf(toText(args.bind('part')[0])))],
  ['index', (text, args) => indexOf(text, args)],
  ['count', (text, args) => BigInt(text.split(toText(args.bind('part')[0])).length - 1)],
  ['replace', (text, args, meter) => replaceIn(text, args, meter)],
  ['join', (text, args, meter) => join(text, args, meter)],
  ['zfill', (text, args, meter) => zfill(text, args, meter)],
  ['ljust', (text, args, meter) => pad(text, args, meter, (width, fill) => text.padEnd(width, fill))],
  ['rjust', (text, args, meter) => pad(text, args, meter, (width, fill) => text.padStart(width, fill))],
  ['center', (text, args, meter) => pad(text, args, meter, (width, fill) => centered(text, width, fill))],
  ['format', (text, args, meter) => format(text, args, meter)],
]);

function plain(change: (text: string) => Value): TextMethod {
  return (text, args) => {
    args.bind();
    return change(text);
  };
}

export function capitalized(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1).toLowerCase();
}

function strip(text: string, args: Arguments, left: boolean, right: boolean): string {
  return stripped(text, args.bind('chars')[0], left, right);
}

export function stripped(text: string, chars: Value | undefined, left = true, right = true): string {
  if (chars === undefined || chars === null) {
    const front = left ? text.trimStart() : text;
    return right ? front.trimEnd() : front;
  }
  const unwanted = new Set(toText(chars));
  let [start, end] = [0, text.length];
  while (left && start < end && unwanted.has(text[start] as string)) start += 1;
  while (right && end > start && unwanted.has(text[end - 1] as string)) end -= 1;
  return text.slice(start, end);
}

function split(text: string, args: Arguments, meter: Meter): string[] {
  const [separator, most] = args.bind('sep', 'maxsplit');
  const limit = toIndex(most, -1);
  meter.step(text.length);
  const isWhite = separator === undefined || separator === null;
  const parts = isWhite ? text.trim().split(new RegExp(`(${WHITE}+)`)) : text.split(separatorOf(separator)).flatMap((part, index) => (index === 0 ? [part] : [toText(separator), part]));
  if (isWhite && parts.length === 1 && parts[0] === '') return [];
  const words = parts.filter((_, index) => index % 2 === 0);
  if (limit < 0 || words.length <= limit + 1) return words;
  return [...words.slice(0, limit), parts.slice(2 * limit).join('')];
}

function rsplit(text: string, args: Arguments, meter: Meter): string[] {
  const [separator, most] = args.bind('sep', 'maxsplit');
  if (separator === undefined || separator === null || toIndex(most, -1) < 0) return split(text, args, meter);
  meter.step(text.length);
  const words = text.split(separatorOf(separator));
  const kept = Math.max(0, words.length - toIndex(most));
  return kept <= 1 ? words : [words.slice(0, kept).join(toText(separator)), ...words.slice(kept)];
}

function separatorOf(separator: Value): string {
  const text = toText(separator);
  if (text === '') throw new TemplateError('empty separator');
  return text;
}

function partition(text: string, args: Arguments, find: (separator: string) => number, whole: 0 | 2): Tuple {
  const separator = separatorOf(args.bind('sep')[0] ?? null);
  const at = find(separator);
  if (at < 0) return new Tuple(whole === 0 ? [text, '', ''] : ['', '', text]);
  return new Tuple([text.slice(0, at), separator, text.slice(at + separator.length)]);
}

function anyOf(args: Arguments, fits: (part: string) => boolean): boolean {
  const [part] = args.bind('part');
  return part instanceof Tuple ? part.items.some((one) => fits(toText(one))) : fits(toText(part));
}

function withoutPart(text: string, part: string, isPrefix: boolean): string {
  if (part === '' || !(isPrefix ? text.startsWith(part) : text.endsWith(part))) return text;
  return isPrefix ? text.slice(part.length) : text.slice(0, -part.length);
}

function indexOf(text: string, args: Arguments): bigint {
  const index = text.indexOf(toText(args.bind('part')[0]));
  if (index < 0) throw new TemplateError('substring not found');
  return BigInt(index);
}

function replaceIn(text: string, args: Arguments, meter: Meter): string {
  const [from, to, most] = args.bind('old', 'new', 'count');
  return replaced(text, toText(from), toText(to), toIndex(most, -1), meter);
}

export function replaced(text: string, from: string, to: string, most: number, meter: Meter): string {
  const parts = from === '' ? ['', ...text, ''] : text.split(from);
  const times = most < 0 ? parts.length - 1 : Math.min(most, parts.length - 1);
  meter.room(text.length + times * to.length);
  return parts.slice(0, times).map((part) => part + to).join('') + parts.slice(times).join(from);
}

function join(separator: string, args: Arguments, meter: Meter): string {
  const parts = itemsOf(args.bind('iterable')[0] ?? null, meter).map((item) => toText(item));
  return joinTexts(parts, separator, meter);
}

export function joinTexts(parts: readonly string[], separator: string, meter: Meter): string {
  meter.room(parts.reduce((sum, part) => sum + part.length + separator.length, 0));
  return parts.join(separator);
}

function zfill(text: string, args: Arguments, meter: Meter): string {
  const width = toIndex(args.bind('width')[0]);
  meter.room(width);
  const sign = /^[-+]/.exec(text)?.[0] ?? '';
  return sign + text.slice(sign.length).padStart(width - sign.length, '0');
}

function pad(text: string, args: Arguments, meter: Meter, change: (width: number, fill: string) => string): string {
  meter.step(text.length >> 5);
  const [width, fill] = args.bind('width', 'fillchar');
  meter.room(Math.max(0, toIndex(width)));
  return change(toIndex(width), toText(fill, ' ').slice(0, 1));
}

export function centered(text: string, width: number, fill = ' '): string {
  const missing = width - text.length;
  if (missing <= 0) return text;
  // The odd blank goes where Python puts it.
  const left = Math.floor(missing / 2) + (missing & width & 1);
  return fill.repeat(left) + text + fill.repeat(missing - left);
}

/** `str.format` with plain fields. `{0.__class__}` is how templates break out of Python; there is nothing of it here. */
function format(text: string, args: Arguments, meter: Meter): string {
  let next = 0;
  const made = text.replace(/\{\{|\}\}|\{(\w*)\}|[{}]/g, (field, name?: string) => {
    meter.step();
    if (field === '{{' || field === '}}') return field.slice(1);
    if (name === undefined) throw new TemplateError('a format field of this form is not known here');
    const value = /^\d*$/.test(name) ? args.positional[name === '' ? next++ : Number(name)] : args.named.get(name);
    if (value === undefined) throw new TemplateError(`no value for the format field '${name}'`);
    return textOf(value, meter);
  });
  meter.room(made.length);
  return made;
}

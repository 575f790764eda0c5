import { TemplateError } from './template-error.js';

/** A piece of a template's source: text as it is, or the inside of a `{{ }}` or `{% %}` without its dashes. */
export interface Segment {
  readonly kind: 'text' | 'expression' | 'statement';
  readonly text: string;
}

const LONGEST_SOURCE = 1024 * 1024;
const OPENING = /\{[{%#]/g;
const RAW = /^\s*raw\s*$/;
const END_OF_RAW = /\{%([-+]?)\s*endraw\s*([-+]?)%\}/g;
const CLOSING = { '{{': '}}', '{%': '%}' } as const;

/**
 * Takes a template apart as Jinja2 does with its defaults: one newline at the very end is dropped, `-` eats the white space
 * beside it, `raw` keeps what is in it. Linear in the length of the source, whatever is in it.
 */
export function segmentsOf(template: string): Segment[] {
  if (template.length > LONGEST_SOURCE) throw new TemplateError('the template is too long');
  const source = template.replace(/\r\n?/g, '\n').replace(/\n$/, '');
  const segments: Segment[] = [];
  let position = 0;
  let isEating = false;
  const pushText = (text: string, isStripped: boolean) => {
    const kept = isStripped ? text.trimEnd() : text;
    if (kept !== '') segments.push({ kind: 'text', text: kept });
  };
  for (;;) {
    OPENING.lastIndex = position;
    const opening = OPENING.exec(source);
    const text = source.slice(position, opening?.index ?? source.length);
    const sign = opening ? source[opening.index + 2] : undefined;
    pushText(isEating ? text.trimStart() : text, sign === '-');
    if (!opening) return segments;
    const tag = tagAt(source, opening.index, opening[0]);
    position = tag.end;
    isEating = tag.isEating;
    if (tag.kind === 'statement' && RAW.test(tag.text)) {
      const raw = rawAt(source, position);
      pushText(isEating ? raw.text.trimStart() : raw.text, raw.isStripped);
      position = raw.end;
      isEating = raw.isEating;
    } else if (tag.kind !== 'comment') segments.push({ kind: tag.kind, text: tag.text });
  }
}

interface Tag {
  readonly kind: 'comment' | 'expression' | 'statement';
  readonly text: string;
  readonly end: number;
  /** Ends with `-`: the white space after it goes. */
  readonly isEating: boolean;
}

function tagAt(source: string, start: number, opening: string): Tag {
  const close = opening === '{#' ? source.indexOf('#}', start + 2) : closeOf(source, start + 2, opening as '{{' | '{%');
  if (close < 0) throw new TemplateError(`a '${opening}' is never closed`);
  const inside = source.slice(start + 2, close);
  const isEating = inside.endsWith('-') && inside !== '-';
  const text = inside.replace(/^[-+]/, '').replace(/[-+]$/, (sign) => (opening === '{{' && sign === '+' ? sign : ''));
  const kind = opening === '{#' ? 'comment' : opening === '{{' ? 'expression' : 'statement';
  return { kind, text, end: close + 2, isEating };
}

/** Where the tag ends that was opened before `from`: not within a text or a dict. */
function closeOf(source: string, from: number, opening: '{{' | '{%'): number {
  const closing = CLOSING[opening];
  let depth = 0;
  for (let position = from; position < source.length; position += 1) {
    const char = source[position];
    if (char === "'" || char === '"') {
      position = endOfText(source, position, char);
      if (position < 0) return -1;
    } else if (depth === 0 && source.startsWith(closing, position)) return position;
    else if (char === '{') depth += 1;
    else if (char === '}') depth -= 1;
  }
  return -1;
}

function endOfText(source: string, start: number, quote: string): number {
  for (let position = start + 1; position < source.length; position += 1) {
    if (source[position] === '\\') position += 1;
    else if (source[position] === quote) return position;
  }
  return -1;
}

function rawAt(source: string, from: number) {
  END_OF_RAW.lastIndex = from;
  const end = END_OF_RAW.exec(source);
  if (!end) throw new TemplateError("a 'raw' is never ended");
  const text = source.slice(from, end.index);
  return { text, end: end.index + end[0].length, isStripped: end[1] === '-', isEating: end[2] === '-' };
}

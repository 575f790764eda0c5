import {
  type Document,
  type ErrorCode,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from 'yaml';
import { type FileIssue, type KeyPath, writtenPath } from './file-issue.js';

/** Far above any real file, and small enough to be read at once. */
export const LARGEST_YAML = 256 * 1024;
const DEEPEST = 24;
const MOST_NODES = 200_000;
const MOST_ERRORS = 100;
const MOST_ALIASES = 1_000;
const MOST_OPEN = 200;
/** `- - - x` and `? ? x`: each mark is a level. */
const COMPACT_NESTING = /(?:[-?][ \t]+){24}/;

export interface ReadYaml {
  /** Plain data; undefined when there are errors. */
  readonly data: unknown;
  readonly errors: readonly FileIssue[];
  lineOf(path: KeyPath): number | null;
}

/** Stands for every entry of a list or map. */
export const EACH = Symbol('each');

export interface YamlDialect {
  /** 1.1 is what PyYAML reads (`yes` is true); 1.2 is what a file has that is ours from the start. */
  readonly version: '1.1' | '1.2';
  /** Where the values are words, whatever they look like: `release: 14.10` is not 14.1. */
  readonly words: readonly (readonly (string | typeof EACH)[])[];
}

/**
 * The words for a syntax error, by its code: the parser's own message may quote the file. A duplicate key is an error, and
 * no tag makes an object.
 */
const SYNTAX: Partial<Record<ErrorCode, string>> = {
  BAD_ALIAS: 'refers to an anchor that is not defined above',
  BAD_INDENT: 'is not indented as its neighbours are',
  BLOCK_AS_IMPLICIT_KEY: 'nests a map where a value was expected',
  MISSING_CHAR: 'lacks a closing quote, bracket, comma or colon',
  MULTILINE_IMPLICIT_KEY: 'has a key of several lines',
  MULTIPLE_DOCS: 'holds several documents; there must be one',
  RESOURCE_EXHAUSTION: 'is nested too deeply',
  TAB_AS_INDENT: 'is indented with a tab',
  TAG_RESOLVE_FAILED: 'has a tag that is not allowed',
};

export function readYaml(text: string, dialect: YamlDialect): ReadYaml {
  if (isTooDeep(text)) return tooDeep();
  const lines = new LineCounter();
  const lineAt = (offset: number): number => lines.linePos(offset).line;
  try {
    // `uniqueKeys` compares each key with all others; duplicates are looked for below, in one pass.
    const { version } = dialect;
    const options = { version, uniqueKeys: false, prettyErrors: false, lineCounter: lines } as const;
    const document = withoutStacks(() => parseDocument(text, { ...options, logLevel: 'error' }));
    const lineOf = (path: KeyPath): number | null => {
      const range = nodeAt(document, path)?.range;
      return range ? lineAt(range[0]) : null;
    };
    const syntax = [...document.errors, ...document.warnings].slice(0, MOST_ERRORS).map(({ code, pos }) => ({
      line: lineAt(pos[0]),
      path: '',
      message: `${SYNTAX[code] ?? 'is not valid YAML'}`,
    }));
    if (syntax.length > 0) return { data: undefined, errors: syntax, lineOf };
    const twice = duplicateKeys(document.contents, lineAt);
    if (twice.length > 0) return { data: undefined, errors: twice, lineOf };
    keepAsWritten(document, dialect);
    const data: unknown = document.toJS({ maxAliasCount: MOST_ALIASES });
    const errors = implausible(data).map(({ path, message }) => ({
      line: lineOf(path),
      path: writtenPath(path),
      message,
    }));
    return { data: errors.length > 0 ? undefined : withoutNulls(data), errors, lineOf };
  } catch {
    // A stack too deep, or the parser's guard against aliases of aliases.
    return tooDeep();
  }
}

/** The parser makes an error for every odd character; their stacks would be most of what a hostile text costs. */
function withoutStacks<T>(work: () => T): T {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return work();
  } finally {
    Error.stackTraceLimit = before;
  }
}

function tooDeep(): ReadYaml {
  const message = 'is nested too deeply, or repeats itself through too many aliases';
  return { data: undefined, errors: [{ line: null, path: '', message }], lineOf: () => null };
}

/**
 * Before the parser sees it: a megabyte of `[` or `- - -` costs it gigabytes, which ends the process. Brackets within texts
 * count too; no real file has so many that stay open.
 */
function isTooDeep(text: string): boolean {
  let open = 0;
  for (const character of text) {
    if (character === '[' || character === '{') open += 1;
    else if ((character === ']' || character === '}') && open > 0) open -= 1;
    if (open > MOST_OPEN) return true;
  }
  return COMPACT_NESTING.test(text);
}

function duplicateKeys(root: Node | null, lineAt: (offset: number) => number): FileIssue[] {
  const found: FileIssue[] = [];
  const walk = (node: unknown): void => {
    if (isSeq(node)) node.items.forEach(walk);
    if (!isMap(node)) return;
    const seen = new Set<unknown>();
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? String(key.value) : null;
      const line = isScalar(key) || isMap(key) || isSeq(key) ? lineAt(key.range?.[0] ?? 0) : null;
      if (name === null) found.push({ line, path: '', message: 'has a key that is not a word' });
      else if (seen.has(name) && name !== '<<') {
        found.push({ line, path: writtenPath([name]), message: 'is given twice in the same map' });
      }
      seen.add(name);
      walk(value);
    }
  };
  walk(root);
  return found;
}

/** The node a path leads to, through aliases; the last one there is when the path goes on into nothing. */
function nodeAt(document: Document, path: KeyPath): Node | null {
  let node: Node | null = document.contents;
  for (const key of path) {
    const next: unknown = isMap(node) || isSeq(node) ? node.get(key, true) : undefined;
    const resolved: unknown = isAlias(next) ? next.resolve(document) : next;
    if (!isMap(resolved) && !isSeq(resolved) && !isScalar(resolved)) return node;
    node = resolved;
  }
  return node;
}

function keepAsWritten(document: Document, { words }: YamlDialect): void {
  visit(document, {
    // `script-dir: .` is a word to PyYAML and a number that is none to this parser.
    Scalar: (_key, node) =>
      Number.isNaN(node.value) && !/^\.nan$/i.test(node.source ?? '') ? asWritten(node) : undefined,
  });
  for (const path of words) keepWithin(document, document.contents, path, 0);
}

function keepWithin(document: Document, at: unknown, path: YamlDialect['words'][number], depth: number): void {
  const node = resolved(document, at);
  const [step, ...rest] = path;
  if (depth > DEEPEST) return;
  if (step === undefined) asWritten(node);
  else if (step !== EACH) keepWithin(document, isMap(node) ? node.get(step, true) : null, rest, depth + 1);
  else if (isSeq(node)) for (const item of node.items) keepWithin(document, item, rest, depth + 1);
  else if (isMap(node)) {
    for (const { key, value } of node.items) {
      const isMerged = isScalar(key) && key.value === '<<';
      keepWithin(document, value, isMerged ? path : rest, depth + 1);
    }
  }
}

function asWritten(node: unknown): void {
  if (isScalar(node) && node.value !== null && node.source !== undefined) node.value = node.source;
}

function resolved(document: Document, node: unknown): unknown {
  return isAlias(node) ? node.resolve(document) : node;
}

interface Implausible {
  readonly path: KeyPath;
  readonly message: string;
}

/** What no check after this one should have to think of: depth, size, and text that no file name or column can hold. */
function implausible(data: unknown): Implausible[] {
  const found: Implausible[] = [];
  let nodes = 0;
  const walk = (value: unknown, path: KeyPath): void => {
    nodes += 1;
    if (path.length > DEEPEST) throw new RangeError('too deep');
    if (nodes > MOST_NODES) throw new RangeError('too many');
    if (typeof value === 'string' && !isPlainText(value)) {
      found.push({ path, message: 'holds characters that are not text' });
    } else if (Array.isArray(value)) value.forEach((item, index) => walk(item, [...path, index]));
    else if (typeof value === 'object' && value !== null) {
      for (const [key, item] of Object.entries(value)) {
        if (!isPlainText(key) || key === '__proto__') found.push({ path, message: 'has a key that is not a word' });
        else walk(item, [...path, key]);
      }
    }
  };
  walk(data, []);
  return found;
}

function isPlainText(text: string): boolean {
  return !/(?![\n\t])\p{Cc}|\p{Surrogate}/u.test(text);
}

/** A key without a value is a key that was not given. */
function withoutNulls(data: unknown): unknown {
  if (Array.isArray(data)) return data.map(withoutNulls);
  if (typeof data !== 'object' || data === null || data instanceof Date) return data;
  const entries = Object.entries(data).filter(([, value]) => value !== null);
  return Object.fromEntries(entries.map(([key, value]) => [key, withoutNulls(value)]));
}

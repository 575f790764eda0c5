import {
  boolYaml11Tag,
  CORE_SCHEMA,
  defineScalarTag,
  floatYaml11Tag,
  intYaml11Tag,
  loadAll,
  mergeTag,
  NOT_RESOLVED,
  nullYaml11Tag,
  YAMLException,
} from 'js-yaml';
import type { DocumentText } from './split-documents.js';

const { tagName, resolve, identify, implicitFirstChars } = boolYaml11Tag;
/** YAML 1.1 has `y` and `n` for booleans as well; PyYAML leaves them texts, so that a label `y` is one. */
const boolTag = defineScalarTag<boolean>(tagName, {
  implicit: true,
  implicitFirstChars,
  resolve: (source, isExplicit, name) => (/^[yn]$/i.test(source) ? NOT_RESOLVED : resolve(source, isExplicit, name)),
  identify,
});

/** What PyYAML's safe loader makes of plain words, except dates, which stay texts: no design means one. */
const SCHEMA = CORE_SCHEMA.withTags(nullYaml11Tag, boolTag, intYaml11Tag, floatYaml11Tag, mergeTag);

/** An asset may hold a program as base64; no other document of a site comes near. */
export const LARGEST_DOCUMENT = 1024 * 1024;
const DEEPEST = 64;
const MOST_NODES = 200_000;
const MOST_ALIASES = 1_000;

/** Why a document cannot be read. Names a line, and never holds what stands there. */
export class UnreadableDocument extends Error {}

/** Plain data: null, booleans, numbers, texts, lists and objects, none of it cyclic, too deep or too big. */
export function parseDocument({ text, line }: DocumentText): unknown[] {
  if (text.length > LARGEST_DOCUMENT) {
    throw new UnreadableDocument(`the document at line ${line} is longer than ${LARGEST_DOCUMENT} characters`);
  }
  try {
    const documents = loadAll(text, { schema: SCHEMA, maxDepth: DEEPEST, maxAliases: MOST_ALIASES });
    let left = MOST_NODES;
    for (const document of documents) left = counted(document, left);
    return documents;
  } catch (error) {
    if (error instanceof ImplausibleData) throw unreadable(line, error.message);
    if (!(error instanceof YAMLException)) throw unreadable(line, 'nested too deeply');
    throw unreadable(line + (error.mark?.line ?? 0), wordsOf(error.reason));
  }
}

function unreadable(line: number, what: string): UnreadableDocument {
  return new UnreadableDocument(`Error parsing YAML near line ${line}: ${what}`);
}

/** The parser may quote the document, and a password may stand there. */
function wordsOf(reason: string): string {
  return (
    reason
      .replaceAll(/(["'`<]).*\1?/gs, '')
      .slice(0, 80)
      .trim() || 'not valid YAML'
  );
}

class ImplausibleData extends Error {}

/** As a tree, so that aliases count each time they are used. Answers how many nodes are left of `left`. */
function counted(root: unknown, left: number): number {
  let rest = left;
  const walk = (value: unknown, depth: number): void => {
    rest -= 1;
    if (rest < 0) throw new ImplausibleData('it has too many parts, or repeats itself through aliases');
    if (depth > DEEPEST) throw new ImplausibleData('nested too deeply');
    if (typeof value === 'string') assertText(value);
    else if (typeof value === 'number' && !Number.isFinite(value)) throw new ImplausibleData('a number is not finite');
    else if (Array.isArray(value)) for (const item of value) walk(item, depth + 1);
    else if (typeof value === 'object' && value !== null) {
      for (const [key, item] of Object.entries(value)) {
        assertText(key);
        if (key === '__proto__') throw new ImplausibleData('a key is not a word');
        walk(item, depth + 1);
      }
    }
  };
  walk(root, 0);
  return rest;
}

function assertText(text: string): void {
  if (/\0|\p{Surrogate}/u.test(text)) throw new ImplausibleData('it holds characters that are not text');
}

/** A document begins at a line of `---`, wherever that stands: within a text it would end the text. */
const START = /(?:^|[\r\n])---(?=[ \t\r\n]|$)/g;
const MOST_DOCUMENTS = 50_000;

/** Only comments and directives: what may stand before the first document. */
const PRELUDE = /^(?:[ \t]*(?:#[^\r\n]*)?(?:[\r\n]+|$)|%[^\r\n]*(?:[\r\n]+|$))*$/;

export interface DocumentText {
  readonly text: string;
  /** Of its first line in the whole, from 1. */
  readonly line: number;
}

/**
 * The documents of a YAML stream as texts, so that each can be read on its own: one hostile document costs what one document
 * may cost, and others get a turn in between. Null: there are too many.
 */
export function splitDocuments(stream: string): DocumentText[] | null {
  const starts: number[] = [];
  for (const { index, 0: match } of stream.matchAll(START)) {
    if (starts.length >= MOST_DOCUMENTS) return null;
    starts.push(index + match.length - 3);
  }
  const cuts = [0, ...starts.filter((start) => start > 0), stream.length];
  const found: DocumentText[] = [];
  let line = 1;
  for (let index = 0; index + 1 < cuts.length; index += 1) {
    const text = stream.slice(cuts[index], cuts[index + 1]);
    if (index > 0 || !isPrelude(text)) found.push({ text, line });
    line += linesIn(text);
  }
  return found;
}

function isPrelude(text: string): boolean {
  return text.length < 1_000_000 && PRELUDE.test(text);
}

function linesIn(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}

import { parse, tokenize } from '@huggingface/jinja';
import { callTests, markGroups } from './test-calls.js';
import type { Block } from './syntax-tree.js';
import { TemplateError } from './template-error.js';
import type { Tokens } from './tokens.js';
import { type Segment, segmentsOf } from './template-segments.js';


/** Blanks in one tag, as the sum of the squares of their runs: the library looks at each run that often. */
const MOST_BLANKS = 10_000_000;

/** The tree of a template, or why there is none. Tokens and grammar are the library's; white space and `raw` are ours. */
export function parseTemplate(template: string): Block {
  const segments = segmentsOf(template);
  let blanks = 0;
  for (const { kind, text } of segments) {
    if (kind === 'text') continue;
    for (const [run] of text.matchAll(/\s{32,}/g)) blanks += run.length ** 2;
  }
  if (blanks > MOST_BLANKS) throw new TemplateError('the template has too much white space in its tags');
  try {
    return parse(markGroups(callTests(segments.flatMap(tokensOf)))).body as unknown as Block;
  } catch (error) {
    if (error instanceof TemplateError) throw error;
    throw new TemplateError(`the template has a syntax error${detailOf(error)}`);
  }
}

function tokensOf({ kind, text }: Segment): Tokens {
  if (kind === 'text') return [{ type: 'Text', value: text }];
  // The blanks keep a sign at either end from being read as one that eats white space.
  return tokenize(kind === 'expression' ? `{{ ${text} }}` : `{% ${text} %}`);
}

/** The library's message where it is one for people: others are about its own insides. */
function detailOf(error: unknown): string {
  const message = error instanceof Error ? error.message : '';
  const isReadable = error instanceof SyntaxError || message.startsWith('Parser Error');
  return isReadable ? `: ${message.slice(0, 120)}` : '';
}

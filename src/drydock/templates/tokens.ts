import type { parse } from '@huggingface/jinja';

/** What the library's tokenizer makes and its parser takes. It does not export the name. */
export type Tokens = Parameters<typeof parse>[0];
export type Token = Tokens[number];

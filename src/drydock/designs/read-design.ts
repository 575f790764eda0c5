import { setImmediate } from 'node:timers/promises';
import type { Design } from './design.js';
import { type DesignMessage, designMessage, hasErrors } from './design-message.js';
import { type DesignDocument, designDocument, isFields, type Kind, KINDS } from './documents/design-document.js';
import { parseDocument, UnreadableDocument } from './documents/parse-document.js';
import { type DocumentText, splitDocuments } from './documents/split-documents.js';
import { buildDesign } from './model/build-design.js';
import type { ValidDocument } from './model/valid-document.js';
import { checkDesign, DESIGN_RULES } from './rules/design-rules.js';
import { checkDocument } from './schemas/check-document.js';

export type Stage = 'fetch' | 'ingest' | 'rules';

export interface LoadedDesign {
  readonly status: 'success' | 'failure';
  /** How far it came. */
  readonly stage: Stage;
  /** Null where the documents could not be read; one that breaks rules is there all the same. */
  readonly design: Design | null;
  readonly messages: readonly DesignMessage[];
}

/** What one design may cost in time: others wait only as long as one document takes, and none takes for ever. */
const MOST_MILLISECONDS = 30_000;
const TURN_MILLISECONDS = 20;
/** A list of all errors that nobody reads to its end helps nobody. */
const MOST_MESSAGES = 2_000;
const READING = 'The file cannot be read as design documents.';

/**
 * The whole way from bytes to an effective design that was checked. Decides, though it lets others have a turn in between.
 * Every error is reported, and a design with any has failed (spec drydock section 7.1).
 */
export async function readDesign(bytes: Uint8Array, signal: AbortSignal): Promise<LoadedDesign> {
  const text = textOf(bytes);
  if (text === null) return failed('ingest', [unreadable('the file is not UTF-8 text')]);
  const texts = splitDocuments(text);
  if (texts === null) return failed('ingest', [unreadable('the file holds too many documents')]);
  const found: DesignMessage[] = [];
  const documents = await readDocuments(texts, found, signal);
  if (documents.length === 0 && !hasErrors(found)) found.push(unreadable('there is no Drydock document in it'));
  if (hasErrors(found)) return failed('ingest', found);
  const { design, messages } = buildDesign(documents);
  const ingested = [...found, ...messages];
  if (hasErrors(ingested)) return failed('ingest', ingested);
  const all = [...ingested];
  for (const rule of DESIGN_RULES) {
    await setImmediate();
    signal.throwIfAborted();
    all.push(...checkDesign(design, [rule]));
  }
  return { status: hasErrors(all) ? 'failure' : 'success', stage: 'rules', design, messages: shortened(all) };
}

/** A design that could not be got at all. */
export function failed(stage: Stage, messages: readonly DesignMessage[]): LoadedDesign {
  return { status: 'failure', stage, design: null, messages: shortened(messages) };
}

export function unreadable(what: string, diagnostic = READING): DesignMessage {
  return designMessage('Error', 'DD000', `Error processing document: ${what}`, [], diagnostic);
}

function textOf(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

async function readDocuments(
  texts: readonly DocumentText[],
  found: DesignMessage[],
  signal: AbortSignal,
): Promise<ValidDocument[]> {
  const startedAt = performance.now();
  let turnAt = startedAt;
  const documents: ValidDocument[] = [];
  for (const text of texts) {
    documents.push(...readText(text, found));
    if (found.length >= MOST_MESSAGES) break;
    if (performance.now() - turnAt < TURN_MILLISECONDS) continue;
    await setImmediate();
    signal.throwIfAborted();
    turnAt = performance.now();
    if (turnAt - startedAt <= MOST_MILLISECONDS) continue;
    found.push(unreadable('reading it takes too long'));
    break;
  }
  return documents;
}

function readText(text: DocumentText, found: DesignMessage[]): ValidDocument[] {
  try {
    return parseDocument(text).flatMap((data) => {
      if (data === null) return [];
      if (isFields(data)) return readDocument(designDocument(data), found);
      found.push(unreadable(`the document at line ${text.line} is not a mapping`));
      return [];
    });
  } catch (error) {
    if (!(error instanceof UnreadableDocument)) throw error;
    found.push(unreadable(error.message));
    return [];
  }
}

function readDocument(document: DesignDocument | null, found: DesignMessage[]): ValidDocument[] {
  if (document === null) return [];
  const { ref, name, version, data } = document;
  const failure = (what: string): void => {
    found.push(designMessage('Error', 'DD000', `Error processing document: ${what}`, [ref], READING));
  };
  const kind = KINDS.find((known) => known === document.kind);
  if (kind === undefined || version !== 'v1') {
    failure(`Invalid document - Kind ${document.kind} and Version ${version}`);
    return [];
  }
  if (typeof name !== 'string' || name === '' || name.length > 255) {
    failure('metadata.name must be a text of 1 to 255 characters');
    return [];
  }
  return validDocument({ ...document, data: data === undefined ? null : data }, kind, name, found);
}

function validDocument(document: DesignDocument, kind: Kind, name: string, found: DesignMessage[]): ValidDocument[] {
  const messages = checkDocument(document, kind);
  found.push(...messages);
  return messages.length === 0 && isFields(document.data)
    ? [{ ref: document.ref, kind, name, data: document.data }]
    : [];
}

function shortened(messages: readonly DesignMessage[]): readonly DesignMessage[] {
  if (messages.length <= MOST_MESSAGES) return messages;
  const left = `There are ${messages.length - MOST_MESSAGES} more messages.`;
  // What makes it fail is what its author has to see.
  const worst = [...messages].sort((one, other) => weight(one) - weight(other));
  return [...worst.slice(0, MOST_MESSAGES), designMessage(hasErrors(messages) ? 'Error' : 'Warning', 'DD000', left)];
}

function weight({ level }: DesignMessage): number {
  return ['Error', 'Warning', 'Info'].indexOf(level);
}

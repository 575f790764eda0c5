export const LEVELS = ['Info', 'Warning', 'Error'] as const;
export type Level = (typeof LEVELS)[number];

export interface DocumentRef {
  /** `drydock/BaremetalNode/v1`. */
  readonly schema: string;
  readonly name: string;
}

/** What reading or checking a design has to say: a rule's code, and the documents it is about. Never holds a secret. */
export interface DesignMessage {
  readonly code: string;
  readonly message: string;
  readonly level: Level;
  readonly diagnostic: string;
  readonly documents: readonly DocumentRef[];
}

export function hasErrors(messages: readonly DesignMessage[]): boolean {
  return messages.some(({ level }) => level === 'Error');
}

/** Long enough for any sentence of ours; a design may hold names of megabytes. */
const LONGEST_MESSAGE = 1_000;

export function designMessage(
  level: Level,
  code: string,
  message: string,
  documents: readonly DocumentRef[] = [],
  diagnostic = '',
): DesignMessage {
  return { code, message: shortened(message), level, diagnostic, documents };
}

function shortened(text: string): string {
  const plain = text.replaceAll(/(?![\n\t])\p{Cc}|\p{Surrogate}/gu, '\ufffd');
  if (plain.length <= LONGEST_MESSAGE) return plain;
  return `${plain.slice(0, LONGEST_MESSAGE).replace(/\p{Surrogate}$/u, '')}…`;
}

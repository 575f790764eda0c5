import type { Design } from '../design.js';
import type { DocumentRef, Level } from '../design-message.js';

export interface Finding {
  readonly level: Level;
  readonly message: string;
  readonly documents: readonly DocumentRef[];
  readonly diagnostic: string;
}

/** One thing that is demanded of a design as a whole. */
export interface Rule {
  readonly code: string;
  readonly title: string;
  readonly check: (design: Design) => Finding[];
}

export function error(message: string, documents: readonly DocumentRef[], diagnostic: string): Finding {
  return { level: 'Error', message, documents, diagnostic };
}

export function warning(message: string, documents: readonly DocumentRef[], diagnostic: string): Finding {
  return { level: 'Warning', message, documents, diagnostic };
}

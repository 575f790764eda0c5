import type { DocumentRef } from '../design-message.js';
import type { Kind } from '../documents/design-document.js';

/** A document whose kind we know, whose data has that kind's shape, and that has a name. */
export interface ValidDocument {
  readonly ref: DocumentRef;
  readonly kind: Kind;
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
}

import type { DocumentRef } from './design-message.js';
import type { Kind } from './documents/design-document.js';

export function refTo(kind: Kind, name: string): DocumentRef {
  return { schema: `drydock/${kind}/v1`, name };
}

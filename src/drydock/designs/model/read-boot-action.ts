import { DomainError } from '../../../common/errors.js';
import type { BootAction } from '../design.js';
import { type DesignMessage, designMessage } from '../design-message.js';
import { type NodeFilter, readNodeFilter } from '../node-filter.js';
import { readAsset } from './read-asset.js';
import type { ValidDocument } from './valid-document.js';

export interface ReadBootAction {
  /** Not targeted yet; null where the document is none. */
  readonly action: Omit<BootAction, 'targets'> | null;
  readonly filter: NodeFilter | null;
  readonly messages: readonly DesignMessage[];
}

const DIAGNOSTIC = 'The boot action cannot be delivered as it is written.';

/** A BootAction that has passed the schema (spec drydock section 7.3). */
export function readBootAction({ ref, name, data }: ValidDocument): ReadBootAction {
  const failure = (code: string, what: string): DesignMessage =>
    designMessage('Error', code, `Error processing document: ${what}`, [ref], DIAGNOSTIC);
  const { assets } = data;
  if (!Array.isArray(assets))
    return { action: null, filter: null, messages: [failure('DD000', 'BootAction has no assets')] };
  const messages: DesignMessage[] = [];
  const read = assets.map(readAsset);
  for (const [index, { problems, warnings, isBadPackageList }] of read.entries()) {
    if (isBadPackageList) messages.push(failure('DD000', 'Requires a top-level mapping/object.'));
    for (const problem of problems) messages.push(failure('DD4003', `assets[${index}]: ${problem}`));
    for (const warning of warnings) {
      messages.push(designMessage('Warning', 'DD4003', `Bootaction Assets: assets[${index}]: ${warning}`, [ref]));
    }
  }
  const filter = filterOf(data['node_filter']);
  if (filter instanceof DomainError)
    return { action: null, filter: null, messages: [...messages, failure('DD000', filter.message)] };
  const action = {
    name,
    signaling: data['signaling'] !== false,
    assets: read.map(({ asset }) => asset),
  };
  return { action, filter, messages };
}

function filterOf(raw: unknown): NodeFilter | null | DomainError {
  try {
    return readNodeFilter(raw);
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
}

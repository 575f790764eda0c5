import { bootActionsFor, type Design, type Entries } from './design.js';

/** The union of a node's package lists, for its cloud-init (spec drydock section 6.3); a later version counts. */
export function packagesFor(design: Design, nodeName: string): Entries<string | null> {
  const assets = bootActionsFor(design, nodeName).flatMap((action) => action.assets);
  return [...new Map(assets.flatMap(({ packages }) => packages))];
}

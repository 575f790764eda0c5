import { bootActionsFor, type Design, type Entries } from './design.js';

/** The union of a node's package lists, for its cloud-init (spec drydock section 6.3); a later version counts. */
export function packagesFor(design: Design, nodeName: string): Entries<string | null> {
  const assets = bootActionsFor(design, nodeName).flatMap((action) => action.assets);
  return [...new Map(assets.flatMap(({ packages }) => packages))];
}

/** The same as cloud-init reads it; null: there is nothing to install. */
export function userDataFor(design: Design, nodeName: string): string | null {
  const packages = packagesFor(design, nodeName).map(([name, version]) => (version ? [name, version] : name));
  // JSON is YAML, and quotes whatever a name may hold.
  return packages.length === 0 ? null : `#cloud-config\n${JSON.stringify({ packages })}\n`;
}

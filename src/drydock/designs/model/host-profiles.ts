import { inherit, NOTHING } from './host-inheritance.js';
import type { HostLayer } from './host-layer.js';

const DEEPEST = 64;

/** Why a host has no effective form: for its author to read. */
export class BrokenInheritance extends Error {}

/** The host profiles of a site, each worked out once. */
export class HostProfiles {
  private readonly resolved = new Map<string, HostLayer>();

  constructor(private readonly profiles: ReadonlyMap<string, HostLayer>) {}

  /** The layer with everything its ancestors say. Throws `BrokenInheritance`. */
  effective(layer: HostLayer, ancestors: readonly string[] = []): HostLayer {
    if (layer.parent === null) return inherit(layer, NOTHING);
    return inherit(layer, this.profile(layer.parent, ancestors));
  }

  private profile(name: string, ancestors: readonly string[]): HostLayer {
    const known = this.resolved.get(name);
    if (known) return known;
    const layer = this.profiles.get(name);
    if (!layer) throw new BrokenInheritance(`HostProfile ${name} not found in design state`);
    if (ancestors.includes(name)) throw new BrokenInheritance(`HostProfile ${name} inherits from itself`);
    if (ancestors.length >= DEEPEST) throw new BrokenInheritance(`HostProfile ${name} has too many ancestors`);
    const effective = this.effective(layer, [...ancestors, name]);
    this.resolved.set(name, effective);
    return effective;
  }
}

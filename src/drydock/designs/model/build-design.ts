import type { BootAction, Design, DesignNode } from '../design.js';
import { type DesignMessage, designMessage } from '../design-message.js';
import type { Kind } from '../documents/design-document.js';
import { selectNodes } from '../node-filter.js';
import { type HostLayer, readHostLayer } from './host-layer.js';
import { BrokenInheritance, HostProfiles } from './host-profiles.js';
import { readBootAction } from './read-boot-action.js';
import { readNetwork, readNetworkLink, readRack } from './read-networks.js';
import { readNode, type Site } from './read-node.js';
import type { ValidDocument } from './valid-document.js';

export interface BuiltDesign {
  /** What could be built; only to be used when no message is an error. */
  readonly design: Design;
  readonly messages: readonly DesignMessage[];
}

const DIAGNOSTIC = 'The document refers to something that is not there, or lacks something it needs.';

/** The effective site: inheritance first, then which nodes each boot action is for (spec drydock section 7.1). */
export function buildDesign(documents: readonly ValidDocument[]): BuiltDesign {
  const messages: DesignMessage[] = [...twice(documents, 'BaremetalNode'), ...twice(documents, 'BootAction')];
  const of = (kind: Kind): ValidDocument[] => documents.filter((document) => document.kind === kind);
  const networks = of('Network').map(({ name, data }) => readNetwork(name, data));
  const site: Site = {
    networks: firstByName(networks),
    hostProfiles: new HostProfiles(layersByName(of('HostProfile'))),
    hardwareProfiles: new Set(of('HardwareProfile').map(({ name }) => name)),
  };
  const nodes = of('BaremetalNode').flatMap((document) => nodeOf(document, site, messages));
  const racks = of('Rack').map(({ name, data }) => readRack(name, data));
  const bootActions = of('BootAction').flatMap((document): BootAction[] => {
    const { action, filter, messages: said } = readBootAction(document);
    messages.push(...said);
    return action === null ? [] : [{ ...action, targets: selectNodes({ nodes, racks }, filter) }];
  });
  const links = of('NetworkLink').map(({ name, data }) => readNetworkLink(name, data));
  return { design: { nodes, bootActions, networks, links, racks }, messages };
}

function nodeOf(document: ValidDocument, site: Site, messages: DesignMessage[]): DesignNode[] {
  try {
    return [readNode(document, site)];
  } catch (error) {
    if (!(error instanceof BrokenInheritance)) throw error;
    const text = `Error processing document: ${error.message}`;
    messages.push(designMessage('Error', 'DD000', text, [document.ref], DIAGNOSTIC));
    return [];
  }
}

/** Upstream keeps both and picks one now, the other then. */
function twice(documents: readonly ValidDocument[], kind: Kind): DesignMessage[] {
  const seen = new Set<string>();
  return documents.flatMap(({ ref, kind: itsKind, name }) => {
    if (itsKind !== kind) return [];
    if (!seen.has(name)) {
      seen.add(name);
      return [];
    }
    return designMessage('Error', 'DD4003', `Error processing document: there are two ${kind} of the name ${name}`, [
      ref,
    ]);
  });
}

function layersByName(profiles: readonly ValidDocument[]): Map<string, HostLayer> {
  const layers = profiles.map(({ name, data }) => [name, readHostLayer(data)] as const);
  return new Map(layers.toReversed());
}

/** As upstream's look-up does. */
function firstByName<T extends { readonly name: string }>(items: readonly T[]): Map<string, T> {
  return new Map(items.toReversed().map((item) => [item.name, item]));
}

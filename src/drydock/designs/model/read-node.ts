import type { DesignNetwork, DesignNode, Entries, NodeAddress, OutOfBand } from '../design.js';
import { fieldsOf } from '../documents/design-document.js';
import type { HostLayer } from './host-layer.js';
import { listOf, readHostLayer, textOf } from './host-layer.js';
import { BrokenInheritance, type HostProfiles } from './host-profiles.js';
import { NO_DOMAIN } from './read-networks.js';
import type { ValidDocument } from './valid-document.js';

export interface Site {
  readonly networks: ReadonlyMap<string, DesignNetwork>;
  readonly hostProfiles: HostProfiles;
  readonly hardwareProfiles: ReadonlySet<string>;
}

/** A node as it is after inheritance. Throws `BrokenInheritance` where it has no such form. */
export function readNode({ name, data }: ValidDocument, site: Site): DesignNode {
  const addresses = addressesOf(data['addressing'], site);
  if (addresses.length === 0) throw new BrokenInheritance('BaremetalNode needs at least 1 assigned address');
  const layer = site.hostProfiles.effective(readHostLayer(data));
  const { hardwareProfile, primaryNetwork, rack, image, kernel } = layer.scalars;
  if (hardwareProfile === null) throw new BrokenInheritance('Hardware profile not set');
  if (!site.hardwareProfiles.has(hardwareProfile)) {
    throw new BrokenInheritance(`HardwareProfile ${hardwareProfile} not found in design state`);
  }
  if (primaryNetwork !== null && !site.networks.has(primaryNetwork)) {
    throw new BrokenInheritance(`Network ${primaryNetwork} not found in design state`);
  }
  return {
    name,
    domain: (primaryNetwork === null ? null : site.networks.get(primaryNetwork)?.dnsDomain) ?? NO_DOMAIN,
    primaryNetwork,
    hostProfile: textOf(data['host_profile']),
    hardwareProfile,
    tags: layer.tags,
    labels: layer.labels,
    rack,
    bootMac: textOf(fieldsOf(data['metadata'])['boot_mac']),
    addresses,
    interfaces: layer.interfaces,
    oob: outOfBand(layer),
    platform: { image, kernel, kernelParams: layer.kernelParams },
    disks: layer.disks,
    volumeGroups: layer.volumeGroups,
  };
}

function addressesOf(raw: unknown, { networks }: Site): NodeAddress[] {
  return listOf(raw).flatMap((item) => {
    const { network, address } = fieldsOf(item);
    const name = textOf(network);
    const text = textOf(address);
    if (name === null || text === null || text === '') return [];
    const found = networks.get(name);
    const isDynamic = text === 'dhcp';
    return {
      network: name,
      kind: isDynamic ? ('dhcp' as const) : ('static' as const),
      ip: isDynamic ? null : text,
      cidr: found?.cidr ?? null,
      dnsSuffix: found?.dnsDomain ?? null,
    };
  });
}

const NAMED = ['network', 'account', 'credential'];

function outOfBand({ scalars, oob }: HostLayer): OutOfBand {
  const known: ReadonlyMap<string, string> = new Map(oob);
  const parameters: Entries = oob.filter(([key]) => !NAMED.includes(key));
  return {
    type: scalars.oobType,
    network: known.get('network') ?? null,
    account: known.get('account') ?? null,
    credential: known.get('credential') ?? null,
    parameters,
  };
}

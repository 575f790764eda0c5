import type { DesignNetwork, NetworkLink, Rack } from '../design.js';
import { fieldsOf } from '../documents/design-document.js';
import { listOf, numberOf, textEntries, textOf, textsOf } from './host-layer.js';

type Fields = Readonly<Record<string, unknown>>;

/** Upstream's name for a network without a DNS domain. */
export const NO_DOMAIN = 'local';

export function readNetwork(name: string, data: Fields): DesignNetwork {
  return {
    name,
    cidr: textOf(data['cidr']),
    vlan: textOf(data['vlan']),
    mtu: numberOf(data['mtu']),
    dnsDomain: textOf(fieldsOf(data['dns'])['domain']) ?? NO_DOMAIN,
    routes: listOf(data['routes']).map((raw) => {
      const { subnet, gateway } = fieldsOf(raw);
      return { subnet: textOf(subnet), gateway: textOf(gateway) };
    }),
    ranges: listOf(data['ranges']).map((raw) => {
      const { type, start, end } = fieldsOf(raw);
      return { type: textOf(type) ?? '', start: textOf(start) ?? '', end: textOf(end) ?? '' };
    }),
  };
}

export function readNetworkLink(name: string, data: Fields): NetworkLink {
  const trunking = fieldsOf(data['trunking']);
  return {
    name,
    bondingMode: textOf(fieldsOf(data['bonding'])['mode']),
    mtu: numberOf(data['mtu']),
    trunkingMode: textOf(trunking['mode']) ?? 'disabled',
    defaultNetwork: textOf(trunking['default_network']),
    allowedNetworks: textsOf(data['allowed_networks']),
  };
}

export function readRack(name: string, data: Fields): Rack {
  return { name, labels: textEntries(data['labels']) };
}

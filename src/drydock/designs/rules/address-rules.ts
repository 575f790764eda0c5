import type { Design, DesignNetwork, DesignNode } from '../design.js';
import { refTo } from '../design-refs.js';
import { isWithin, type Network, readAddress, readNetwork } from './ip-network.js';
import { error, type Finding, type Rule, warning } from './rule.js';

export const NO_NETWORKS: Finding = warning(
  'No networks found.',
  [],
  'Site design likely incomplete without defined networks',
);

export const addressesInNetworks: Rule = {
  code: 'DD2002',
  title: 'IP Locality Check',
  check: ({ nodes, networks }) => [
    ...(networks.length === 0 ? [NO_NETWORKS] : networks.flatMap(checkGateways)),
    ...(nodes.length === 0
      ? [warning('No baremetal_nodes found.', [], 'Site design likely incomplete without defined nodes.')]
      : checkNodes(nodes, networks)),
  ],
};

function checkGateways({ name, cidr, routes }: DesignNetwork): Finding[] {
  const documents = [refTo('Network', name)];
  const network = cidr === null ? null : readNetwork(cidr);
  return routes.flatMap(({ subnet, gateway }) => {
    if (gateway === null) {
      const text = `No gateway found for route ${subnet ?? ''}.`;
      return error(text, documents, 'Define a network-local gateway for the route.');
    }
    const address = readAddress(gateway);
    if (address === null)
      return error(`The gateway ${gateway} is not an IP Address.`, documents, 'Correct the gateway.');
    // Its CIDR is the business of DD2006.
    if (network === null || isWithin(address, network)) return [];
    const text = `The gateway IP Address ${gateway} is not within the defined CIDR: ${cidr} of ${name}.`;
    return error(
      text,
      documents,
      'Route gateways must reside on the local network. Check gateway IP and CIDR netmask.',
    );
  });
}

function checkNodes(nodes: readonly DesignNode[], networks: readonly DesignNetwork[]): Finding[] {
  const known = new Map(networks.map(({ name, cidr }) => [name, cidr === null ? null : readNetwork(cidr)]));
  return nodes.flatMap((node) =>
    node.addresses.flatMap(({ network, ip, cidr }) => {
      const what = ip === null ? null : whatIsWrong(ip, network, cidr, known);
      return what === null
        ? []
        : error(what, [refTo('BaremetalNode', node.name)], 'Define network or correct address definition.');
    }),
  );
}

function whatIsWrong(
  ip: string,
  name: string,
  cidr: string | null,
  known: ReadonlyMap<string, Network | null>,
): string | null {
  const network = known.get(name);
  if (network === undefined) return `${name} is not a valid network.`;
  const address = readAddress(ip);
  if (address === null) return `${ip} is not an IP Address.`;
  if (network === null || isWithin(address, network)) return null;
  return `The IP Address ${ip} is not within the defined CIDR: ${cidr} of ${name} .`;
}

export const duplicateAddresses: Rule = {
  code: 'DD2005',
  title: 'Duplicated IP Check',
  check: ({ nodes }: Design) => {
    if (nodes.length === 0) {
      return [
        warning('No BaremetalNodes Found.', [], 'Site design unlikely complete with no defined baremetal nodes.'),
      ];
    }
    const owners = new Map<string, string>();
    return nodes.flatMap(({ name, addresses }) =>
      addresses.flatMap(({ ip }) => {
        if (ip === null) return [];
        // One address can be written in several ways.
        const address = readAddress(ip)?.toString() ?? ip;
        const owner = owners.get(address);
        owners.set(address, owner ?? name);
        if (owner === undefined) return [];
        const documents = [refTo('BaremetalNode', name), refTo('BaremetalNode', owner)];
        return error(`Duplicate IP Address Found: ${ip} `, documents, 'Select unique IP addresses for each node.');
      }),
    );
  },
};

import type { Design, DesignNetwork, DesignNode, NetworkLink } from '../design.js';
import { refTo } from '../design-refs.js';
import { NO_NETWORKS } from './address-rules.js';
import { hasHostBits, readNetwork, withoutHostBits } from './ip-network.js';
import { error, type Finding, type Rule } from './rule.js';

const SMALLEST_MTU = 1280;
const LARGEST_MTU = 65536;

export const cidrs: Rule = {
  code: 'DD2006',
  title: 'CIDR Validity',
  check: ({ networks }) => (networks.length === 0 ? [NO_NETWORKS] : networks.flatMap(checkCidr)),
};

function checkCidr({ name, cidr }: DesignNetwork): Finding[] {
  const documents = [refTo('Network', name)];
  if (cidr === null) return [error(`The network ${name} has no CIDR`, documents, 'Provide a CIDR.')];
  const network = readNetwork(cidr);
  if (network === null) return [error(`The provided CIDR ${cidr} is not one`, documents, 'Provide a CIDR.')];
  if (!hasHostBits(network)) return [];
  const better = `Provide a CIDR without host bits: ${withoutHostBits(network)}`;
  return [error(`The provided CIDR ${cidr} has host bits set`, documents, better)];
}

export const mtus: Rule = {
  code: 'DD2003',
  title: 'MTU Rationality',
  check: ({ networks, links }) => {
    const carriers = carriersOf(links);
    return [
      ...links.flatMap(({ name, mtu }) => checkMtu(mtu, refTo('NetworkLink', name))),
      ...networks.flatMap((network) => {
        const documents = [refTo('Network', network.name)];
        const most = carriers.get(network.name)?.mtu ?? null;
        const findings = checkMtu(network.mtu, refTo('Network', network.name));
        if (network.mtu === null || most === null || network.mtu <= most) return findings;
        const text = `MTU must be <= the parent Network Link; for Network ${network.name}`;
        const better = 'Define a MTU less than or equal to that of the carrying network link.';
        return [...findings, error(text, documents, better)];
      }),
    ];
  },
};

function carriersOf(links: readonly NetworkLink[]): Map<string, NetworkLink> {
  const carried = links.flatMap((link) =>
    [link.defaultNetwork, ...link.allowedNetworks].flatMap((name) => (name === null ? [] : ([[name, link]] as const))),
  );
  return new Map(carried.toReversed());
}

function checkMtu(mtu: number | null, document: ReturnType<typeof refTo>): Finding[] {
  if (mtu === null || (mtu >= SMALLEST_MTU && mtu <= LARGEST_MTU)) return [];
  const text = `MTU must be between ${SMALLEST_MTU} and ${LARGEST_MTU}, value is ${mtu}`;
  return [error(text, [document], 'Define a valid MTU. Standard is 1500, Jumbo is 9100.')];
}

export const trunking: Rule = {
  code: 'DD2004',
  title: 'Network Trunking Rationalty',
  check: ({ networks, links }) => {
    const vlans = new Map(networks.map(({ name, vlan }) => [name, vlan]));
    return links
      .filter(({ trunkingMode }) => trunkingMode === 'disabled')
      .flatMap((link) => checkUntrunked(link, vlans));
  },
};

function checkUntrunked(link: NetworkLink, vlans: ReadonlyMap<string, string | null>): Finding[] {
  const { name, allowedNetworks, defaultNetwork } = link;
  const document = refTo('NetworkLink', name);
  const findings: Finding[] = [];
  if (allowedNetworks.length > 1) {
    const text = 'If there is more than 1 allowed network,trunking mode must be enabled';
    findings.push(error(text, [document], 'Reduce the allowed network list to 1 or enable trunking on the link.'));
  }
  if (defaultNetwork === null) {
    const text = 'Trunking mode is disabled, a trunking default_network must be defined';
    findings.push(error(text, [document], 'Non-trunked links must have a native network defined.'));
  } else if (vlans.get(defaultNetwork)) {
    const text = 'Network link native network has a defined VLAN tag.';
    const documents = [refTo('Network', defaultNetwork), document];
    findings.push(error(text, documents, 'Tagged network not allowed on non-trunked network links.'));
  }
  return findings;
}

export const linkNetworks: Rule = {
  code: 'DD1007',
  title: 'Allowed Network Check',
  check: ({ links, nodes }: Design) => {
    const allowed = new Map(links.map(({ name, allowedNetworks }) => [name, new Set(allowedNetworks)]));
    return [...networksOnTwoLinks(links), ...nodes.flatMap((node) => checkInterfaces(node, allowed))];
  },
};

function networksOnTwoLinks(links: readonly NetworkLink[]): Finding[] {
  const first = new Map<string, string>();
  return links.flatMap(({ name, allowedNetworks }) =>
    [...new Set(allowedNetworks)].flatMap((network) => {
      const other = first.get(network);
      first.set(network, other ?? name);
      if (other === undefined) return [];
      const text = `Allowed network ${network} duplicated on NetworkLink ${other} and NetworkLink ${name}`;
      const documents = [refTo('NetworkLink', other), refTo('NetworkLink', name)];
      return error(text, documents, 'Each network is only allowed to cross a single network link.');
    }),
  );
}

function checkInterfaces(
  { name, interfaces }: DesignNode,
  allowed: ReadonlyMap<string, ReadonlySet<string>>,
): Finding[] {
  const documents = [refTo('BaremetalNode', name)];
  return interfaces.flatMap(({ name: device, deviceLink, networks }) =>
    networks.flatMap((network) => {
      const here = deviceLink === null ? undefined : allowed.get(deviceLink);
      if (here === undefined) {
        const text = `Interface ${device} connected to undefined network link ${deviceLink ?? 'None'}.`;
        return error(text, documents, 'Define the network link attached to this interface.');
      }
      if (here.has(network)) return [];
      const text = `Interface ${device} attached to network ${network} not allowed on interface link`;
      const better =
        'Interfaces can only be attached to networks allowed on the network link connected to the interface.';
      return error(text, documents, better);
    }),
  );
}

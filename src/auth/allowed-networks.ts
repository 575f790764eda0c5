import ipaddr from 'ipaddr.js';

type Network = readonly [ipaddr.IPv4 | ipaddr.IPv6, number];

/** A network or a single address in its usual spelling (host bits cleared), or null where it is neither. */
export function normaliseNetwork(text: string): string | null {
  const network = parseNetwork(text.trim());
  if (network === null) return null;
  const [address, bits] = network;
  const cidr = `${address.toString()}/${bits}`;
  const first =
    address.kind() === 'ipv4' ? ipaddr.IPv4.networkAddressFromCIDR(cidr) : ipaddr.IPv6.networkAddressFromCIDR(cidr);
  return `${first.toString()}/${bits}`;
}

/** No networks: from everywhere. An address nobody can read is allowed nowhere. */
export function isAllowedFrom(address: string, networks: readonly string[]): boolean {
  if (networks.length === 0) return true;
  if (!ipaddr.isValid(address)) return false;
  const client = ipaddr.process(address);
  return networks.some((text) => {
    const network = parseNetwork(text);
    return network !== null && client.kind() === network[0].kind() && client.match([network[0], network[1]]);
  });
}

/** IPv4 mapped into IPv6 (`::ffff:10.0.0.0/104`) means the IPv4 network: that is how a client's address is compared. */
function parseNetwork(text: string): Network | null {
  const [host = '', length] = text.split('/');
  if (
    host.includes('%') ||
    !(host.includes(':') ? ipaddr.IPv6.isValid(host) : ipaddr.IPv4.isValidFourPartDecimal(host))
  ) {
    return null;
  }
  const address = ipaddr.parse(host);
  const width = address.kind() === 'ipv4' ? 32 : 128;
  if (text.includes('/') && (length === undefined || !/^\d{1,3}$/.test(length) || text.split('/').length !== 2))
    return null;
  const bits = length === undefined ? width : Number(length);
  if (bits > width) return null;
  if (address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() && bits >= 96) {
    return [address.toIPv4Address(), bits - 96];
  }
  return [address, bits];
}

import ipaddr from 'ipaddr.js';

export type Address = ipaddr.IPv4 | ipaddr.IPv6;
export interface Network {
  readonly base: Address;
  readonly bits: number;
}

/** As it is written in full; not what the library reads besides, as `127.1` or a bare number. */
export function readAddress(text: string): Address | null {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  return ipaddr.IPv6.isValid(text) && !text.includes('%') ? ipaddr.IPv6.parse(text) : null;
}

export function readNetwork(text: string): Network | null {
  const [, base = '', bits = ''] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  const address = readAddress(base);
  if (address === null || Number(bits) > address.toByteArray().length * 8) return null;
  return { base: address, bits: Number(bits) };
}

export function isWithin(address: Address, { base, bits }: Network): boolean {
  return address.kind() === base.kind() && address.match(base, bits);
}

/** The network with nothing but zeros behind its bits. */
export function withoutHostBits(network: Network): string {
  const kind = network.base.kind() === 'ipv4' ? ipaddr.IPv4 : ipaddr.IPv6;
  return `${kind.networkAddressFromCIDR(cidrOf(network)).toString()}/${network.bits}`;
}

export function hasHostBits(network: Network): boolean {
  return withoutHostBits(network) !== cidrOf(network);
}

function cidrOf({ base, bits }: Network): string {
  return `${base.toString()}/${bits}`;
}

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
  if (address.kind() !== base.kind()) return false;
  const [one, other] = [address.toByteArray(), base.toByteArray()];
  return one.every((byte, index) => {
    const mask = maskOf(index, bits);
    return (byte & mask) === ((other[index] ?? 0) & mask);
  });
}

/** The network with nothing but zeros behind its bits. */
export function withoutHostBits({ base, bits }: Network): string {
  const bytes = base.toByteArray().map((byte, index) => byte & maskOf(index, bits));
  return `${ipaddr.fromByteArray(bytes).toString()}/${bits}`;
}

export function hasHostBits({ base, bits }: Network): boolean {
  return base.toByteArray().some((byte, index) => (byte & ~maskOf(index, bits) & 0xff) !== 0);
}

function maskOf(index: number, bits: number): number {
  const own = Math.min(8, Math.max(0, bits - index * 8));
  return (0xff << (8 - own)) & 0xff;
}

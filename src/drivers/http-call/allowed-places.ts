import ipaddr from 'ipaddr.js';

/** Stands for every address of the public Internet. */
export const PUBLIC = 'public';

/** The only IPv6 addresses that are given to public hosts. */
const PUBLIC_IPV6 = ipaddr.parseCIDR('2000::/3');
/** Where clouds answer with a machine's own credentials: a name in the list is no permission to go there. */
const LINK_LOCAL = new Set(['linkLocal']);

type Network = ReturnType<typeof ipaddr.parseCIDR>;

/**
 * Which places may be called, from a list of `public`, names (`deploy.example.com`, `*.example.com`, each with or without
 * `:port`), addresses and networks. Decides; a name's addresses are judged too, when they are known.
 */
export class AllowedPlaces {
  private readonly networks: Network[] = [];
  private readonly names: string[] = [];
  private readonly hasPublic: boolean;

  /** `setting` is what its list is called, for whoever is refused. */
  constructor(
    list: readonly string[],
    private readonly setting = 'ENVIRONMENTS_HTTP_ALLOW',
  ) {
    this.hasPublic = list.some((item) => item.toLowerCase() === PUBLIC);
    for (const item of list) {
      const network = networkOf(item);
      if (network) this.networks.push(network);
      else this.names.push(item.toLowerCase());
    }
  }

  /** Null: it may be called; otherwise why not. `host` as in the URL, `address` one that it stands for. */
  whyNot(host: string, port: number, address: string): string | null {
    const plain = plainAddress(address);
    if (plain === null) return `${host} has no address that can be called`;
    if (this.networks.some((network) => isIn(plain, network))) return null;
    const isListed = this.names.some((name) => nameMatches(name, host.toLowerCase().replace(/\.$/, ''), port));
    if (isListed && !LINK_LOCAL.has(plain.range())) return null;
    if (this.hasPublic && isPublic(plain)) return null;
    const what = address === host ? host : `${host} (${address})`;
    return `${what} may not be called: it is not in ${this.setting}`;
  }
}

function networkOf(item: string): Network | null {
  const text = item.replace(/^\[(.*)\]$/, '$1');
  if (ipaddr.isValidCIDR(text)) return ipaddr.parseCIDR(text);
  const address = isPlainAddress(text) ? plainAddress(text) : null;
  return address && [address, address.kind() === 'ipv4' ? 32 : 128];
}

/** Not what the library reads besides, as `127.1` or a bare number. */
function isPlainAddress(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text);
}

/** An IPv4 address stays one in IPv6 clothes. */
function plainAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | null {
  return isPlainAddress(text) ? ipaddr.process(text) : null;
}

function isIn(address: ipaddr.IPv4 | ipaddr.IPv6, [base, bits]: Network): boolean {
  return address.kind() === base.kind() && address.match([base, bits] as [ipaddr.IPv4, number]);
}

function isPublic(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  return address.range() === 'unicast' && (address.kind() === 'ipv4' || isIn(address, PUBLIC_IPV6));
}

function nameMatches(item: string, host: string, port: number): boolean {
  const [, name = '', only] = /^(.*?)(?::(\d+))?$/.exec(item) ?? [];
  if (only !== undefined && Number(only) !== port) return false;
  if (name.startsWith('*.')) return host.endsWith(name.slice(1)) && host.length > name.length - 1;
  return name === host;
}

/** One of the APIs this server answers, as a Keystone catalog names it. */
interface Service {
  readonly type: string;
  readonly name: string;
  readonly path: string;
}

/** A dialect that is added adds its line. */
const SERVICES: readonly Service[] = [
  { type: 'identity', name: 'keystone', path: '/keystone/v3' },
  { type: 'fuel', name: 'nailgun', path: '/api/v1' },
  { type: 'upgrade', name: 'slipway-upgrade', path: '/api' },
  { type: 'nodepool', name: 'nodepool', path: '/v1' },
  { type: 'environments', name: 'genesis', path: '/rest' },
  { type: 'physicalprovisioner', name: 'drydock', path: '/api/v1.0' },
];

const REGION = 'RegionOne';
const INTERFACES = ['public', 'internal', 'admin'] as const;

export interface CatalogEntry {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly endpoints: readonly {
    readonly id: string;
    readonly interface: string;
    readonly region: string;
    readonly region_id: string;
    readonly url: string;
  }[];
}

/** `origin`: the address under which the client reached us, so that it stays on the network it came from. */
export function catalogAt(origin: string): CatalogEntry[] {
  return SERVICES.map(({ type, name, path }) => ({
    id: name,
    type,
    name,
    endpoints: INTERFACES.map((each) => ({
      id: `${name}-${each}`,
      interface: each,
      region: REGION,
      region_id: REGION,
      url: `${origin}${path}`,
    })),
  }));
}

export interface LegacyCatalogEntry {
  readonly type: string;
  readonly name: string;
  readonly endpoints_links: readonly never[];
  readonly endpoints: readonly Readonly<Record<'id' | 'region' | 'publicURL' | 'internalURL' | 'adminURL', string>>[];
}

/** The same in the form of v2.0, where identity means v2.0 too. */
export function legacyCatalogAt(origin: string): LegacyCatalogEntry[] {
  return SERVICES.map(({ type, name, path }) => {
    const url = `${origin}${type === 'identity' ? '/keystone/v2.0' : path}`;
    return {
      type,
      name,
      endpoints_links: [],
      endpoints: [{ id: name, region: REGION, publicURL: url, internalURL: url, adminURL: url }],
    };
  });
}

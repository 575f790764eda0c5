/** Where Fuel's API is found: `/api/v1` and `/api` as in Nailgun, and without a prefix as in its documents. */
const PREFIXES = ['', 'api/', 'api/v1/'] as const;

const RESOURCES = ['clusters', 'releases', 'nodes', 'tasks', 'transactions', 'notifications', 'version'] as const;
export type FuelResource = (typeof RESOURCES)[number];

/** A resource's paths, as a controller takes them. */
export function pathsOf(resource: FuelResource): string[] {
  return PREFIXES.map((prefix) => `${prefix}${resource}`);
}

/** What Fuel answers for: all of `/api/v1`, and its own resources wherever else they are. */
export const FUEL_PREFIXES: readonly string[] = ['/api/v1', ...RESOURCES.flatMap(pathsOf).map((path) => `/${path}`)];

const FUEL_PATH = new RegExp(`^/(?:api/v1|(?:api/)?(?:${RESOURCES.join('|')}))(?:/|$)`);

export function isFuelPath(path: string): boolean {
  return FUEL_PATH.test(path);
}

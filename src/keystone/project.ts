import type { Role } from '../auth/principal.js';

/** Keystone knows domains and projects, Slipway does not: here is one of each, and everybody is in them. */
export const DOMAIN = { id: 'default', name: 'Default' } as const;
export const PROJECT = {
  id: 'admin',
  name: 'admin',
  domain: DOMAIN,
  description: 'Everything Slipway manages',
} as const;

/** What clients are usually set up with: `admin` by Fuel, `service` by Airship, `services` by Puppet. All are one. */
const PROJECT_NAMES: ReadonlySet<string> = new Set([PROJECT.name, 'default', 'service', 'services']);

export function isProject(nameOrId: string): boolean {
  return PROJECT_NAMES.has(nameOrId);
}

export function isDomain(nameOrId: string): boolean {
  return nameOrId.toLowerCase() === DOMAIN.id;
}

/** Keystone's own names first: `admin` implies `member`, `member` implies `reader`. Ours after them. */
const ROLE_NAMES: Readonly<Record<Role, readonly string[]>> = {
  viewer: ['reader', 'viewer'],
  operator: ['member', 'reader', 'operator', 'viewer'],
  admin: ['admin', 'member', 'reader', 'operator', 'viewer'],
};

/** The roles a token gives. One that may only read gives no more than reading, whatever its owner may. */
export function roleNamesOf(role: Role, writeEnabled: boolean): readonly string[] {
  return ROLE_NAMES[writeEnabled ? role : 'viewer'];
}

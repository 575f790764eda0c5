import { type Role, ROLES } from '../../auth/principal.js';
import { missing } from '../wire/genesis-result.js';

/** Slipway's roles by the names clients of OpenGenesis know (spec environments section 1.4). */
const NAMES: Readonly<Record<Role, string>> = {
  admin: 'ROLE_GENESIS_ADMIN',
  operator: 'ROLE_GENESIS_USER',
  viewer: 'ROLE_GENESIS_READONLY',
};

export const SYSTEM_ROLE_NAMES: readonly string[] = Object.values(NAMES);

export function toSystemRoleName(role: Role): string {
  return NAMES[role];
}

export function toSystemRole(name: string): Role {
  const role = ROLES.find((one) => NAMES[one] === name);
  if (role === undefined) throw missing(`Role [name = ${name.slice(0, 128)}] was not found`);
  return role;
}

/** A user has one role: the highest that was given. Null where none was. */
export function highestOf(roles: readonly Role[]): Role | null {
  return [...ROLES].reverse().find((role) => roles.includes(role)) ?? null;
}

import { ROLES, type Role } from '../../auth/principal.js';
import type { ValidatedToken } from './keystone-answers.js';

export interface RoleRules {
  /** Keystone's role names in lower case, and what each gives here. */
  readonly roles: ReadonlyMap<string, string>;
  /** Names or ids of the projects whose tokens count; none: all. */
  readonly projects: readonly string[];
}

/** The highest role a token gives here; null where it gives none. */
export function roleOf(token: ValidatedToken, rules: RoleRules): Role | null {
  const { projects } = rules;
  const isOurs = [token.projectId, token.projectName].some((name) => name !== null && projects.includes(name));
  if (projects.length > 0 && !isOurs) return null;
  const given = new Set(token.roles.map((name) => rules.roles.get(name.toLowerCase())));
  return ROLES.filter((role) => given.has(role)).at(-1) ?? null;
}

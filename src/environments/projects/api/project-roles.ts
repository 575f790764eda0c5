import type { ProjectRole } from '../../records/project-member.entity.js';
import { missing } from '../../wire/genesis-result.js';

/** What clients call the roles in a project. */
const NAMES: Readonly<Record<ProjectRole, string>> = {
  admin: 'ROLE_GENESIS_PROJECT_ADMIN',
  user: 'ROLE_GENESIS_PROJECT_USER',
};

export const PROJECT_ROLE_NAMES: readonly string[] = Object.values(NAMES);

export function toProjectRoleName(role: ProjectRole): string {
  return NAMES[role];
}

export function toProjectRole(name: string): ProjectRole {
  if (name === NAMES.admin) return 'admin';
  if (name === NAMES.user) return 'user';
  throw missing(`Role [name = ${name.slice(0, 128)}] was not found`);
}

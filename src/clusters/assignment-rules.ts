import { Invalid } from '../common/errors.js';
import type { Release } from '../releases/release.entity.js';

/** May a node have these roles of a release (spec fuel section 3.7, `assignment.py` of 6.1)? Pure. */
export function assertRoles(
  roles: readonly string[],
  release: Pick<Release, 'name' | 'roles' | 'rolesMetadata'>,
): void {
  const unknown = roles.filter((role) => !release.roles.includes(role));
  if (unknown.length > 0) {
    throw new Invalid(`${unknown.join(', ')} are not valid roles for node in ${release.name} release`);
  }
  for (const role of roles) {
    const conflicts = conflictsOf(release.rolesMetadata[role]);
    const other = roles.find((each) => each !== role && (conflicts === '*' || conflicts.includes(each)));
    if (other !== undefined) throw new Invalid(`Role "${role}" in conflict with role ${other}`);
  }
}

/** `*`: with all others. */
function conflictsOf(metadata: unknown): '*' | readonly unknown[] {
  if (typeof metadata !== 'object' || metadata === null) return [];
  const conflicts = (metadata as { readonly conflicts?: unknown }).conflicts;
  if (conflicts === '*') return '*';
  return Array.isArray(conflicts) ? (conflicts as unknown[]) : [];
}

import type { Role } from '../../auth/principal.js';
import type { ProjectRole } from '../records/project-member.entity.js';

/** What may be asked for, as the rows of the table in spec environments section 1.4. */
export type Call =
  | 'projects.create'
  | 'project.read'
  | 'project.settings'
  | 'project.roles'
  | 'project.write'
  | 'config.read'
  | 'config.access'
  | 'config.write'
  | 'env.create'
  | 'env.read'
  | 'env.actions'
  | 'env.write'
  | 'env.reset'
  | 'users.list'
  | 'system.read'
  | 'system.write';

/** What decides, all of it. */
export interface AccessFacts {
  readonly role: Role;
  /** False for a token that may only read. */
  readonly writeEnabled: boolean;
  /** The caller's roles in the project it is about; for `users.list` in any project. */
  readonly projectRoles: ReadonlySet<ProjectRole>;
  /** Has the environment restriction been switched on, and has the caller not been granted what it is about? */
  readonly isWithheld: boolean;
}

/** Who may do it: administrators of the system, readers of the system, administrators and users of the project. */
type Who = 'admin' | 'reader' | 'project-admin' | 'project-user' | 'granted-user';

const READS = ['admin', 'reader', 'project-admin'] as const;
const WRITES = ['admin', 'project-admin'] as const;

const TABLE: Readonly<Record<Call, readonly Who[]>> = {
  'projects.create': ['admin'],
  'project.read': [...READS, 'project-user'],
  'project.settings': READS,
  'project.roles': READS,
  'project.write': WRITES,
  'config.read': [...READS, 'granted-user'],
  'config.access': READS,
  'config.write': WRITES,
  'env.create': [...WRITES, 'granted-user'],
  'env.read': [...READS, 'granted-user'],
  'env.actions': [...READS, 'granted-user'],
  'env.write': [...WRITES, 'granted-user'],
  'env.reset': WRITES,
  'users.list': READS,
  'system.read': ['admin', 'reader'],
  'system.write': ['admin'],
};

const CHANGES: ReadonlySet<Call> = new Set([
  'projects.create',
  'project.write',
  'config.write',
  'env.create',
  'env.write',
  'env.reset',
  'system.write',
]);

/**
 * The authorisation table (spec environments section 1.4). Who may only read changes nothing, whatever the projects say: neither a
 * viewer nor a token without writing.
 */
export function mayDo(call: Call, facts: AccessFacts): boolean {
  if (CHANGES.has(call) && (facts.role === 'viewer' || !facts.writeEnabled)) return false;
  return TABLE[call].some((who) => isWho(who, facts));
}

function isWho(who: Who, { role, projectRoles, isWithheld }: AccessFacts): boolean {
  switch (who) {
    case 'admin':
      return role === 'admin';
    case 'reader':
      return role === 'viewer';
    case 'project-admin':
      return projectRoles.has('admin');
    case 'project-user':
      return projectRoles.has('user');
    case 'granted-user':
      return projectRoles.has('user') && !isWithheld;
  }
}

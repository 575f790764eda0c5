import type { Role } from '../../auth/principal.js';
import type { ProjectRole } from '../records/project-member.entity.js';
import { type Call, mayDo } from './may-do.js';

interface Caller {
  readonly role: Role;
  readonly projectRoles?: readonly ProjectRole[];
  readonly isWithheld?: boolean;
  readonly writeEnabled?: boolean;
}

const CALLERS = {
  A: { role: 'admin' },
  RO: { role: 'viewer' },
  PA: { role: 'operator', projectRoles: ['admin'], isWithheld: true },
  PU: { role: 'operator', projectRoles: ['user'] },
  'PU*': { role: 'operator', projectRoles: ['user'], isWithheld: true },
  nobody: { role: 'operator' },
} as const satisfies Record<string, Caller>;

const can = (caller: Caller, call: Call) =>
  mayDo(call, {
    role: caller.role,
    writeEnabled: caller.writeEnabled ?? true,
    projectRoles: new Set(caller.projectRoles),
    isWithheld: caller.isWithheld ?? false,
  });

/** `PU*` is a project user who was not granted what it is about, while the restriction is on. */
const TABLE: readonly (readonly [Call, string])[] = [
  ['projects.create', 'A'],
  ['project.read', 'A RO PA PU PU*'],
  ['project.settings', 'A RO PA'],
  ['project.roles', 'A RO PA'],
  ['project.write', 'A PA'],
  ['config.read', 'A RO PA PU'],
  ['config.access', 'A RO PA'],
  ['config.write', 'A PA'],
  ['env.create', 'A PA PU'],
  ['env.read', 'A RO PA PU'],
  ['env.actions', 'A RO PA PU'],
  ['env.write', 'A PA PU'],
  ['env.reset', 'A PA'],
  ['users.list', 'A RO PA'],
  ['system.read', 'A RO'],
  ['system.write', 'A'],
];

describe('who may do what', () => {
  it.each(TABLE)('%s: %s', (call, expected) => {
    const allowed = Object.entries(CALLERS).filter(([, caller]) => can(caller, call));
    expect(allowed.map(([name]) => name).join(' ')).toBe(expected);
  });

  it.each(TABLE.filter(([, who]) => !who.includes('RO')).map(([call]) => call))(
    'reading tokens and readers who are more in a project may not: %s',
    (call) => {
      expect(can({ ...CALLERS.A, writeEnabled: false }, call)).toBe(false);
      expect(can({ role: 'viewer', projectRoles: ['admin', 'user'] }, call)).toBe(false);
    },
  );
});

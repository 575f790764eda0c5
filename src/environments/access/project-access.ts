import type { Principal } from '../../auth/principal.js';
import { Refused } from '../../common/errors.js';
import type { ProjectRole } from '../records/project-member.entity.js';
import type { Project } from '../records/project.entity.js';
import { type Call, mayDo } from './may-do.js';

/** What a call is about, where project users may be restricted to what they were granted. */
export interface AccessSubject {
  readonly configurationId?: number;
  readonly environmentId?: number;
}

/** What the caller was granted in a project; null where nobody is restricted. */
export interface Granted {
  readonly configurations: ReadonlySet<number>;
  readonly environments: ReadonlySet<number>;
}

/** What one caller may do in one project: everything has been looked up, so it can be asked for each row of a list. */
export class ProjectAccess {
  constructor(
    readonly project: Project,
    readonly principal: Principal,
    readonly roles: ReadonlySet<ProjectRole>,
    private readonly granted: Granted | null,
  ) {}

  /** Are project users restricted to what they were granted, this one among them? */
  get isRestricted(): boolean {
    return this.granted !== null;
  }

  may(call: Call, subject: AccessSubject = {}): boolean {
    const { role, writeEnabled } = this.principal;
    return mayDo(call, { role, writeEnabled, projectRoles: this.roles, isWithheld: this.isWithheld(subject) });
  }

  assert(call: Call, subject: AccessSubject = {}): void {
    if (!this.may(call, subject)) throw new Refused('Access is denied', { code: 'role' });
  }

  private isWithheld({ configurationId, environmentId }: AccessSubject): boolean {
    if (this.granted === null) return false;
    if (environmentId !== undefined && !this.granted.environments.has(environmentId)) return true;
    return configurationId !== undefined && !this.granted.configurations.has(configurationId);
  }
}

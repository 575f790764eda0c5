import { Injectable } from '@nestjs/common';
import type { Principal } from '../../auth/principal.js';
import { Refused } from '../../common/errors.js';
import { Config } from '../../config/config.js';
import { roleNamesOf } from '../../keystone/project.js';
import type { DrydockRule } from './drydock-rules.js';

const PREFIX = 'physical_provisioner:';
/** Every rule's default (spec drydock section 1). */
const DEFAULT_ROLES: readonly string[] = ['admin'];

/** Who may do what: rules and the roles they take, as DRYDOCK_POLICY has them. */
@Injectable()
export class DrydockPolicy {
  constructor(private readonly config: Config) {}

  /** Throws `Refused`. For what takes a second rule: `POST /tasks` takes that of its action too. */
  assert(principal: Principal, rule: DrydockRule): void {
    if (this.allows(principal, rule)) return;
    throw new Refused(`This takes the rule ${PREFIX}${rule}.`, { code: 'role', rule: `${PREFIX}${rule}` });
  }

  allows(principal: Principal, rule: DrydockRule): boolean {
    const held = rolesHeld(principal);
    return this.rolesFor(rule).some((role) => held.has(role));
  }

  private rolesFor(rule: DrydockRule): readonly string[] {
    const roles = this.config.values.drydockPolicy.get(rule) ?? DEFAULT_ROLES;
    // oslo.policy writes a role as role:admin.
    return roles.map((role) => role.replace(/^role:/, ''));
  }
}

/** Our own and Keystone's names for what a principal may, and those that an external Keystone gave; all in lower case. */
function rolesHeld({ role, writeEnabled, externalRoles = [] }: Principal): ReadonlySet<string> {
  return new Set([...roleNamesOf(role, writeEnabled), ...externalRoles].map((name) => name.toLowerCase()));
}

import type { Principal } from '../../auth/principal.js';
import { SYSTEM_PRINCIPAL } from '../../auth/principal.js';
import { Config } from '../../config/config.js';
import { parseSettings } from '../../config/settings.js';
import { DrydockPolicy } from './drydock-policy.js';

const policyOf = (text?: string) => new DrydockPolicy(new Config(parseSettings({ DRYDOCK_POLICY: text })));
const somebody = (differs: Partial<Principal>): Principal => ({ ...SYSTEM_PRINCIPAL, role: 'viewer', ...differs });

describe('the policy', () => {
  it('lets in administrators only, unless a rule says otherwise', () => {
    expect(policyOf().allows(somebody({ role: 'admin' }), 'deploy_nodes')).toBe(true);
    expect(policyOf().allows(somebody({ role: 'operator' }), 'read_task')).toBe(false);
  });

  it('takes our names of roles and Keystone’s, with or without prefixes, in any case', () => {
    const policy = policyOf('physical_provisioner:read_task=role:Member|auditor,READ_DATA=viewer');
    expect(policy.allows(somebody({ role: 'operator' }), 'read_task')).toBe(true);
    expect(policy.allows(somebody({ role: 'viewer' }), 'read_task')).toBe(false);
    expect(policy.allows(somebody({ externalRoles: ['AUDITOR'] }), 'read_task')).toBe(true);
    expect(policy.allows(somebody({ role: 'viewer' }), 'read_data')).toBe(true);
  });

  it('replaces the default: who is not named is out, an administrator too', () => {
    expect(policyOf('read_task=auditor').allows(somebody({ role: 'admin' }), 'read_task')).toBe(false);
  });

  it('counts a token that only reads as a reader’s', () => {
    expect(policyOf().allows(somebody({ role: 'admin', writeEnabled: false }), 'read_task')).toBe(false);
  });

  it('says which rule it was', () => {
    expect(() => policyOf().assert(somebody({}), 'deploy_nodes')).toThrow('physical_provisioner:deploy_nodes');
  });
});

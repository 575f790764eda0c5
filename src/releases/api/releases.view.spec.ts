import type { Release } from '../release.entity.js';
import { toReleaseView, toRoleViews } from './releases.view.js';

const release: Release = {
  id: 2,
  name: 'Icehouse on Ubuntu 12.04.4',
  version: '2014.1.3-5.1.1',
  canUpdateFromVersions: ['2014.1.1-5.1'],
  description: null,
  operatingSystem: 'Ubuntu',
  state: 'available',
  roles: ['controller', 'toString', 'cinder'],
  rolesMetadata: { controller: { name: 'Controller', conflicts: ['compute'] }, cinder: 7 },
  modesMetadata: { ha_compact: { description: 'HA' } },
  wizardMetadata: {},
  attributesMetadata: {},
  networksMetadata: {},
  volumesMetadata: { volumes_roles_mapping: { controller: [{ id: 'os' }] } },
  orchestratorData: { repo_metadata: { nailgun: 'http://10.20.0.2:8080/ubuntu' } },
  deploymentTasks: [{ id: 'x', type: 'stage' }],
};

describe('a release on the wire', () => {
  it('has every field of 5.1 and what 6.1 added', () => {
    expect(toReleaseView(release)).toEqual({
      id: 2,
      name: 'Icehouse on Ubuntu 12.04.4',
      version: '2014.1.3-5.1.1',
      can_update_from_versions: ['2014.1.1-5.1'],
      description: null,
      operating_system: 'Ubuntu',
      state: 'available',
      is_deployable: true,
      roles: ['controller', 'toString', 'cinder'],
      roles_metadata: { controller: { name: 'Controller', conflicts: ['compute'] }, cinder: 7 },
      modes_metadata: { ha_compact: { description: 'HA' } },
      wizard_metadata: {},
      attributes_metadata: {},
      networks_metadata: {},
      volumes_metadata: { volumes_roles_mapping: { controller: [{ id: 'os' }] } },
      orchestrator_data: { repo_metadata: { nailgun: 'http://10.20.0.2:8080/ubuntu' } },
    });
    expect(toReleaseView({ ...release, state: 'not_available' }).is_deployable).toBe(false);
  });

  it('lists its roles with what is known of them', () => {
    expect(toRoleViews(release)).toEqual([
      {
        name: 'controller',
        meta: { name: 'Controller', conflicts: ['compute'] },
        volumes_roles_mapping: [{ id: 'os' }],
      },
      { name: 'toString', meta: {}, volumes_roles_mapping: [] },
      { name: 'cinder', meta: {}, volumes_roles_mapping: [] },
    ]);
  });
});

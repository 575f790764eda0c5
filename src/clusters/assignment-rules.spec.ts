import { assertRoles } from './assignment-rules.js';

const release = {
  name: 'Icehouse',
  roles: ['controller', 'compute', 'cinder', 'zabbix-server'],
  rolesMetadata: { controller: { conflicts: ['compute'] }, 'zabbix-server': { conflicts: '*' }, compute: null },
};

describe('the roles a node is given', () => {
  it.each([[['controller', 'cinder']], [['compute', 'cinder']], [['zabbix-server']], [[]]])('%j may be', (roles) =>
    expect(() => assertRoles(roles, release)).not.toThrow(),
  );

  it.each([
    [['controller', 'a', 'b'], 'a, b are not valid roles for node in Icehouse release'],
    [['controller', 'compute'], 'Role "controller" in conflict with role compute'],
    [['compute', 'controller'], 'Role "controller" in conflict with role compute'],
    [['zabbix-server', 'cinder'], 'Role "zabbix-server" in conflict with role cinder'],
  ])('%j may not', (roles, message) => expect(() => assertRoles(roles, release)).toThrow(message));
});

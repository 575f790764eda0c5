import { InvalidSettings, parseSettings } from './settings.js';

describe('the settings', () => {
  it('have defaults for everything, and take a blank for unset', () => {
    expect(parseSettings({ PORT: ' ', DATABASE_URL: '' })).toMatchObject({
      port: 8080,
      host: '127.0.0.1',
      databaseUrl: undefined,
      role: 'all',
      trustedProxies: [],
    });
  });

  it('are read from text', () => {
    const environment = { PORT: '0', SLIPWAY_ROLE: 'worker', SLIPWAY_TRUSTED_PROXIES: '10.0.0.0/8, ::1' };
    expect(parseSettings(environment)).toMatchObject({
      port: 0,
      role: 'worker',
      trustedProxies: ['10.0.0.0/8', '::1'],
    });
  });

  it('map the roles of an external Keystone', () => {
    const given = parseSettings({ KEYSTONE_ROLE_MAP: 'Ops-Admin = admin, reader=viewer' });
    expect([...given.keystoneRoleMap]).toEqual([
      ['ops-admin', 'admin'],
      ['reader', 'viewer'],
    ]);
    expect(parseSettings({}).keystoneRoleMap.get('member')).toBe('operator');
  });

  it.each([
    [
      { KEYSTONE_AUTH_URL: 'http://127.0.0.1:5000/v3' },
      'needs KEYSTONE_SERVICE_USERNAME and KEYSTONE_SERVICE_PASSWORD',
    ],
    [{ KEYSTONE_AUTH_URL: 'http://me:secret@keystone:5000' }, 'must be an address as http://host:port/path'],
    [{ KEYSTONE_AUTH_URL: 'keystone:5000' }, 'must be an address as http://host:port/path'],
    [
      { KEYSTONE_ROLE_MAP: 'admin=root' },
      'must list NAME=ROLE with the roles viewer, operator, admin, not "admin=root"',
    ],
    [{ KEYSTONE_ROLE_MAP: 'admin' }, 'must list NAME=ROLE'],
    [{ NODEPOOL_API_USER: 'ci' }, 'NODEPOOL_API_USER and NODEPOOL_API_PASSWORD must be set together'],
    [{ NODEPOOL_API_PASSWORD: 'x' }, 'NODEPOOL_API_USER and NODEPOOL_API_PASSWORD must be set together'],
    [{ NODEPOOL_API_USER: 'a:b', NODEPOOL_API_PASSWORD: 'x' }, 'NODEPOOL_API_USER must not hold a colon'],
    [{ KEYSTONE_CACHE_SECONDS: '61' }, 'must be a whole number from 0 to 60'],
  ])('refuse %j', (environment, complaint) => {
    expect(() => parseSettings(environment)).toThrow(complaint);
  });

  it('are refused all at once, each with a sentence', () => {
    const environment = { PORT: '1e3', SLIPWAY_LOG_LEVEL: 'loud', SLIPWAY_TRUSTED_PROXIES: 'proxy.example' };
    expect(() => parseSettings(environment)).toThrow(InvalidSettings);
    expect(() => parseSettings(environment)).toThrow(
      [
        'Slipway cannot start:',
        '  - PORT must be a whole number from 0 to 65535, not "1e3"',
        '  - SLIPWAY_LOG_LEVEL must be one of fatal, error, warn, info, debug, trace, silent, not "loud"',
        '  - SLIPWAY_TRUSTED_PROXIES must list addresses or CIDRs; "proxy.example" is neither',
      ].join('\n'),
    );
  });

  it('take only places that can be called into the list for http steps', () => {
    const list = 'public, deploy.example:8080,*.example, 10.0.0.0/8 ,::1,fd00::/8';
    expect(parseSettings({ ENVIRONMENTS_HTTP_ALLOW: list }).environmentsHttpAllow).toEqual([
      ...['public', 'deploy.example:8080', '*.example', '10.0.0.0/8', '::1', 'fd00::/8'],
    ]);
    for (const wrong of ['http://deploy.example/', 'a b', '*', '10.0.0.0/64', 'name:port', '*.*.example']) {
      expect(() => parseSettings({ ENVIRONMENTS_HTTP_ALLOW: wrong })).toThrow(/ENVIRONMENTS_HTTP_ALLOW must list/);
    }
  });

  it('take only absolute folders as roots of designs', () => {
    expect(parseSettings({}).drydockDesignRoots).toEqual([]);
    const given = parseSettings({ DRYDOCK_DESIGN_ROOTS: '/srv/designs:/srv/more, /x' });
    expect(given.drydockDesignRoots).toEqual(['/srv/designs', '/srv/more', '/x']);
    for (const wrong of ['designs', './designs', '/srv,designs']) {
      expect(() => parseSettings({ DRYDOCK_DESIGN_ROOTS: wrong })).toThrow(/must list absolute folders/);
    }
  });

  it('map the rules of a policy to roles', () => {
    const given = parseSettings({ DRYDOCK_POLICY: 'physical_provisioner:Read_Task=Admin|viewer, create_task=ops' });
    expect([...given.drydockPolicy]).toEqual([
      ['read_task', ['admin', 'viewer']],
      ['create_task', ['ops']],
    ]);
    for (const wrong of ['read_task', 'read_task=', '=admin', 'read_task=a=b', 'read task=admin', 'read_task=a||b']) {
      expect(() => parseSettings({ DRYDOCK_POLICY: wrong })).toThrow(/must list rule=role/);
    }
  });
});

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { ADMIN_PASSWORD, startTestApp, type TestApp } from '../../support/app.js';
import { addUser, KeystoneClient } from './client.js';

const run = promisify(execFile);
const PYTHON = '/usr/bin/python3';
const OPENSTACK = '/usr/bin/openstack';
const LIBRARY = '/usr/lib/python3/dist-packages/keystoneclient/v2_0';
const SLOW_MS = 240_000;

/** What python-fuelclient does with keystoneclient, which does the talking (its client.py; spec fuel section 4.2). */
const FUELCLIENT = `
import json, sys, warnings
warnings.simplefilter('ignore')
from keystoneclient.v2_0 import client
url, username, password, wanted = sys.argv[1:5]
keystone = client.Client(auth_url=url + '/keystone/v2.0', username=username, password=password, tenant_name='admin')
keystone.session.auth = keystone
keystone.authenticate()
told = {'token': keystone.auth_token, 'user': keystone.user_id, 'tenant': keystone.tenant_id}
if wanted:
    keystone.users.update_own_password(password, wanted)
print(json.dumps(told))
`;

/** keystoneauth as services and tools use it: discovery, v3, a look at the token, log-out. */
const KEYSTONEAUTH = `
import json, sys
from keystoneauth1 import discover, session
from keystoneauth1.identity import Password, v3
url, username, password = sys.argv[1:4]
domain = {'user_domain_id': 'default', 'project_domain_id': 'default'}
generic = session.Session(auth=Password(auth_url=url + '/keystone', username=username, password=password, project_name='admin', **domain))
access = generic.auth.get_access(generic)
again = session.Session(auth=v3.Token(auth_url=url + '/keystone/v3', token=access.auth_token, project_name='admin', project_domain_id='default'))
print(json.dumps({
    'versions': [list(one['version']) for one in discover.Discover(generic, url + '/keystone', authenticated=False).version_data()],
    'token': access.auth_token,
    'roles': access.role_names,
    'again': again.get_token(),
    'fuel': generic.get_endpoint(service_type='fuel', interface='internal'),
}))
`;

const withLibrary = existsSync(LIBRARY) ? describe : describe.skip;
const title = existsSync(LIBRARY) ? '' : ' (skipped: there are none; Debian has them with python3-keystone)';

withLibrary(`the built-in Keystone and OpenStack's own clients${title}`, () => {
  let running: TestApp;
  beforeAll(async () => {
    running = await startTestApp();
  });
  afterAll(() => running.close());

  const python = async <T>(program: string, ...args: string[]): Promise<T> => {
    const { stdout } = await run(PYTHON, ['-c', program, running.url, ...args], { timeout: SLOW_MS });
    return JSON.parse(stdout) as T;
  };
  const works = async (token: string): Promise<boolean> =>
    (await running.inject({ url: '/api/v1/clusters', headers: { 'x-auth-token': token } })).statusCode === 200;

  it(
    'keystoneclient 5, as python-fuelclient drives it, logs in and changes a password',
    async () => {
      const id = await addUser(running, 'fuel', 'operator');
      const first = await python<Record<string, string>>(FUELCLIENT, 'fuel', 'fuel-right', '');
      expect(first).toEqual({ token: expect.any(String), user: String(id), tenant: 'admin' });
      expect(await works(String(first['token']))).toBe(true);
      await python(FUELCLIENT, 'fuel', 'fuel-right', 'fuel-new');
      expect(await works(String(first['token']))).toBe(false);
      expect((await new KeystoneClient(running).v2Password('fuel', 'fuel-new')).statusCode).toBe(200);
      await expect(python(FUELCLIENT, 'fuel', 'fuel-right', '')).rejects.toThrow('Unauthorized');
    },
    SLOW_MS,
  );

  it(
    'keystoneauth discovers the versions, logs in to the newest and finds our endpoints',
    async () => {
      const told = await python<Record<string, unknown>>(KEYSTONEAUTH, 'admin', ADMIN_PASSWORD);
      expect(told).toEqual({
        versions: [
          [2, 0],
          [3, 6],
        ],
        token: expect.any(String),
        roles: ['admin', 'member', 'reader', 'operator', 'viewer'],
        again: told['token'],
        fuel: `${running.url}/api/v1`,
      });
      expect(await works(String(told['token']))).toBe(true);
    },
    SLOW_MS,
  );

  const withCommand = existsSync(OPENSTACK) ? it : it.skip;
  withCommand(
    'the openstack command issues a token, shows the catalog and takes the token back',
    async () => {
      const env = {
        PATH: '/usr/bin:/bin',
        OS_IDENTITY_API_VERSION: '3',
        OS_AUTH_URL: `${running.url}/keystone/v3`,
        OS_USERNAME: 'admin',
        OS_PASSWORD: ADMIN_PASSWORD,
        OS_PROJECT_NAME: 'admin',
        OS_USER_DOMAIN_NAME: 'Default',
        OS_PROJECT_DOMAIN_NAME: 'Default',
      };
      const openstack = async (...args: string[]) => (await run(OPENSTACK, args, { env, timeout: SLOW_MS })).stdout;
      const token = JSON.parse(await openstack('token', 'issue', '-f', 'json')) as Record<string, string>;
      expect(token).toMatchObject({ project_id: 'admin', user_id: expect.any(String) });
      expect(await works(String(token['id']))).toBe(true);
      const catalog = JSON.parse(await openstack('catalog', 'list', '-f', 'json')) as { Name: string; Type: string }[];
      expect(catalog.map((entry) => entry.Type)).toEqual(expect.arrayContaining(['identity', 'fuel']));
      await openstack('token', 'revoke', String(token['id']));
      expect(await works(String(token['id']))).toBe(false);
    },
    SLOW_MS,
  );
});

import { ADMIN_PASSWORD, ADMIN_TOKEN, startTestApp, type TestApp } from '../../support/app.js';
import { type Access, addUser, KeystoneClient, tokenOf } from './client.js';

const UNAUTHORIZED = {
  error: { message: 'The request you have made requires authentication.', code: 401, title: 'Unauthorized' },
};

describe('the built-in Keystone, v2.0', () => {
  let running: TestApp;
  let keystone: KeystoneClient;
  beforeAll(async () => {
    running = await startTestApp({ config: { loginFailuresPerMinute: 5 } });
    keystone = new KeystoneClient(running);
  });
  afterAll(() => running.close());

  const rows = async (): Promise<number> => {
    const [row] = await running.database.dataSource.query<[{ count: string }]>('select count(*) from tokens');
    return Number(row.count);
  };
  const works = async (token: string): Promise<boolean> =>
    (await running.inject({ url: '/api/dcim/sites/', headers: { 'x-auth-token': token } })).statusCode === 200;

  it('gives a token for a password, with the fields without which keystoneclient fails', async () => {
    const answer = await keystone.v2Password();
    expect(answer.statusCode).toBe(200);
    const { access } = answer.json<Access>();
    expect(access).toEqual({
      token: {
        id: expect.stringMatching(/^\w{40}$/),
        issued_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/),
        expires: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        tenant: { id: 'admin', name: 'admin', description: expect.any(String), enabled: true },
      },
      user: {
        id: expect.stringMatching(/^\d+$/),
        name: 'admin',
        username: 'admin',
        roles: ['admin', 'member', 'reader', 'operator', 'viewer'].map((name) => ({ name })),
        roles_links: [],
      },
      serviceCatalog: expect.any(Array),
      metadata: { is_admin: 0, roles: expect.any(Array) },
    });
    const hours = (Date.parse(access.token.expires) - Date.now()) / 3_600_000;
    expect(hours).toBeGreaterThan(11.9);
    expect(hours).toBeLessThanOrEqual(12);
    expect(await works(access.token.id)).toBe(true);
  });

  it('names the endpoints of our dialects under the address the client used', async () => {
    const { access } = (await keystone.v2Password()).json<Access>();
    const urls = Object.fromEntries(
      access.serviceCatalog.map(({ type, endpoints }) => [type, endpoints[0]?.publicURL]),
    );
    expect(urls).toEqual({
      identity: `${running.url}/keystone/v2.0`,
      fuel: `${running.url}/api/v1`,
      upgrade: `${running.url}/api`,
      nodepool: `${running.url}/v1`,
      environments: `${running.url}/rest`,
      physicalprovisioner: `${running.url}/api/v1.0`,
    });
  });

  it('gives the same token for a token, as often as clients ask: the table does not grow', async () => {
    const first = (await keystone.v2Password()).json<Access>().access;
    const before = await rows();
    for (let time = 0; time < 30; time += 1) {
      const auth = { token: { id: first.token.id }, tenantId: first.token.tenant['id'] };
      const again = await keystone.v2(auth, { 'x-auth-token': first.token.id });
      expect(again.statusCode).toBe(200);
      expect(again.json<Access>().access.token).toEqual(first.token);
    }
    expect(await rows()).toBe(before);
    expect(await works(first.token.id)).toBe(true);
  });

  it('gives a token that never ends some hours to go', async () => {
    const { token } = (await keystone.v2({ token: { id: ADMIN_TOKEN } })).json<Access>().access;
    expect(token.id).toBe(ADMIN_TOKEN);
    expect(Date.parse(token.expires)).toBeGreaterThan(Date.now() + 11 * 3_600_000);
  });

  it.each([
    ['viewer', ['reader', 'viewer']],
    ['operator', ['member', 'reader', 'operator', 'viewer']],
  ])('maps the role %s to %j', async (role, names) => {
    await addUser(running, `a-${role}`, role);
    const { access } = (await keystone.v2Password(`a-${role}`, `a-${role}-right`)).json<Access>();
    expect(access.user.roles.map(({ name }) => name)).toEqual(names);
  });

  it.each([['admin'], ['default'], ['service'], ['services'], [undefined]])(
    'takes the tenant %s',
    async (tenantName) => {
      const passwordCredentials = { username: 'admin', password: ADMIN_PASSWORD };
      expect((await keystone.v2({ tenantName, passwordCredentials })).statusCode).toBe(200);
    },
  );

  it('refuses a wrong password, user, token or tenant alike, and says where to log in', async () => {
    const passwordCredentials = { username: 'admin', password: ADMIN_PASSWORD };
    for (const auth of [
      { passwordCredentials: { username: 'admin', password: 'no' } },
      { passwordCredentials: { username: 'nobody', password: 'no' } },
      { passwordCredentials: { userId: '999999', password: ADMIN_PASSWORD } },
      { token: { id: 'no' } },
      { tenantName: 'other', passwordCredentials },
    ]) {
      const answer = await keystone.v2(auth);
      expect([answer.statusCode, answer.json()]).toEqual([401, UNAUTHORIZED]);
      expect(answer.headers['www-authenticate']).toBe(`Keystone uri="${running.url}/keystone/v3"`);
      expect(answer.headers['vary']).toBe('X-Auth-Token');
    }
  });

  it('counts wrong passwords as every log-in does: 429 after so many, by name and by id', async () => {
    const id = await addUser(running, 'guessed', 'viewer');
    const wrong = (user: object) => keystone.v2({ passwordCredentials: { ...user, password: 'guess' } });
    for (let time = 0; time < 5; time += 1) expect((await wrong({ username: 'guessed' })).statusCode).toBe(401);
    for (const user of [{ username: 'guessed' }, { userId: String(id) }]) {
      const answer = await wrong(user);
      expect(answer.statusCode).toBe(429);
      expect(answer.json()).toMatchObject({ error: { code: 429, title: 'Too Many Requests' } });
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    }
  });

  it('refuses the token of a user who was disabled, and one that has run out', async () => {
    const id = await addUser(running, 'leaver', 'operator');
    const token = tokenOf(await keystone.v2Password('leaver', 'leaver-right'));
    await running.database.dataSource.query('update users set is_active = false where id = $1', [id]);
    expect((await keystone.v2({ token: { id: token } })).json()).toEqual(UNAUTHORIZED);
    expect((await keystone.v2Password('leaver', 'leaver-right')).json()).toEqual(UNAUTHORIZED);
    await running.database.dataSource.query('update users set is_active = true where id = $1', [id]);
    expect((await keystone.v2({ token: { id: token } })).statusCode).toBe(200);
    await running.database.dataSource.query(`update tokens set expires_at = now() where user_id = $1`, [id]);
    expect((await keystone.v2({ token: { id: token } })).json()).toEqual(UNAUTHORIZED);
  });

  it('keeps a token that may only read to that', async () => {
    const created = await running.inject({
      method: 'POST',
      url: '/api/users/tokens/',
      headers: { 'x-auth-token': ADMIN_TOKEN },
      payload: { write_enabled: false },
    });
    const { key } = created.json<{ key: string }>();
    const { access } = (await keystone.v2({ token: { id: key } })).json<Access>();
    expect(access.token.id).toBe(key);
    expect(access.user.roles).toEqual([{ name: 'reader' }, { name: 'viewer' }]);
    const answer = await running.inject({
      method: 'DELETE',
      url: `/keystone/v2.0/tokens/${key}`,
      headers: { 'x-auth-token': key },
    });
    expect(answer.statusCode).toBe(403);
  });

  describe('looks at and takes back tokens', () => {
    it('for an administrator, by GET and HEAD', async () => {
      const token = tokenOf(await keystone.v2Password());
      const answer = await keystone.get(`/keystone/v2.0/tokens/${token}/`, ADMIN_TOKEN);
      expect([answer.statusCode, tokenOf(answer)]).toEqual([200, token]);
      const head = await running.inject({
        method: 'HEAD',
        url: `/keystone/v2.0/tokens/${token}`,
        headers: { 'x-auth-token': ADMIN_TOKEN },
      });
      expect([head.statusCode, head.body]).toEqual([200, '']);
      expect((await keystone.get('/keystone/v2.0/tokens/nope', ADMIN_TOKEN)).json()).toEqual({
        error: { message: 'Could not find token.', code: 404, title: 'Not Found' },
      });
    });

    it('not for others', async () => {
      await addUser(running, 'curious', 'operator');
      const own = tokenOf(await keystone.v2Password('curious', 'curious-right'));
      const url = `/keystone/v2.0/tokens/${own}`;
      expect((await keystone.get(url, own)).statusCode).toBe(403);
      expect((await keystone.get(url)).statusCode).toBe(401);
      const others = {
        method: 'DELETE',
        url: `/keystone/v2.0/tokens/${ADMIN_TOKEN}`,
        headers: { 'x-auth-token': own },
      };
      expect((await running.inject(others)).statusCode).toBe(403);
      expect(await works(ADMIN_TOKEN)).toBe(true);
    });

    it('by DELETE: log-out of the web interface', async () => {
      const token = tokenOf(await keystone.v2Password());
      const headers = { 'x-auth-token': token };
      const answer = await running.inject({ method: 'DELETE', url: `/keystone/v2.0/tokens/${token}`, headers });
      expect([answer.statusCode, answer.body]).toEqual([204, '']);
      expect(await works(token)).toBe(false);
    });
  });

  it('changes a password for who knows the old one, and ends the other log-ins', async () => {
    const id = await addUser(running, 'changer', 'operator');
    const old = tokenOf(await keystone.v2Password('changer', 'changer-right'));
    const change = (user: unknown) =>
      running.inject({
        method: 'PATCH',
        url: `/keystone/v2.0/OS-KSCRUD/users/${id}`,
        headers: { 'x-auth-token': old },
        payload: { user },
      });
    expect((await change({ password: 'new', original_password: 'wrong' })).statusCode).toBe(401);
    const answer = await change({ password: 'new', original_password: 'changer-right' });
    expect(answer.statusCode).toBe(200);
    expect([await works(tokenOf(answer)), await works(old)]).toEqual([true, false]);
    expect((await keystone.v2Password('changer', 'changer-right')).statusCode).toBe(401);
    expect((await keystone.v2Password('changer', 'new')).statusCode).toBe(200);
    const [row] = await running.database.dataSource.query<{ user_name: string; after: unknown }[]>(
      `select user_name, after from audit_events where action = 'set_password' and object_id = $1`,
      [String(id)],
    );
    expect(row).toEqual({ user_name: 'changer', after: { password: '(secret)' } });
  });

  it('lists the tenants', async () => {
    const answer = await keystone.get('/keystone/v2.0/tenants', ADMIN_TOKEN);
    expect(answer.json()).toMatchObject({
      tenants: [{ id: 'admin', name: 'admin', enabled: true }],
      tenants_links: [],
    });
    expect((await keystone.get('/keystone/v2.0/tenants')).json()).toEqual(UNAUTHORIZED);
  });
});

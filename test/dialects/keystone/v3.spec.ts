import { ADMIN_PASSWORD, ADMIN_TOKEN, startTestApp, type TestApp } from '../../support/app.js';
import { addUser, KeystoneClient } from './client.js';

interface TokenBody {
  readonly token: {
    readonly expires_at: string;
    readonly audit_ids: readonly string[];
    readonly roles?: readonly { readonly name: string }[];
    readonly catalog?: readonly { readonly type: string; readonly endpoints: readonly Record<string, string>[] }[];
  };
}

const UNAUTHORIZED = {
  error: { message: 'The request you have made requires authentication.', code: 401, title: 'Unauthorized' },
};
const STAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

describe('the built-in Keystone, v3', () => {
  let running: TestApp;
  let keystone: KeystoneClient;
  beforeAll(async () => {
    running = await startTestApp();
    keystone = new KeystoneClient(running);
  });
  afterAll(() => running.close());

  const login = async (username?: string, password?: string): Promise<string> =>
    String((await keystone.v3Password(username, password)).headers['x-subject-token']);
  const works = async (token: string): Promise<boolean> =>
    (await running.inject({ url: '/api/dcim/sites/', headers: { authorization: `Bearer ${token}` } })).statusCode ===
    200;

  it('gives a token for a password: the key in the header, the rest in the body', async () => {
    const answer = await keystone.v3Password('admin', ADMIN_PASSWORD, {
      project: { name: 'admin', domain: { name: 'Default' } },
    });
    expect(answer.statusCode).toBe(201);
    const key = String(answer.headers['x-subject-token']);
    expect(answer.body).not.toContain(key);
    const domain = { id: 'default', name: 'Default' };
    expect(answer.json()).toEqual({
      token: {
        methods: ['password'],
        user: { id: expect.stringMatching(/^\d+$/), name: 'admin', domain, password_expires_at: null },
        audit_ids: [expect.stringMatching(/^[\w-]{22}$/)],
        expires_at: expect.stringMatching(STAMP),
        issued_at: expect.stringMatching(STAMP),
        project: { id: 'admin', name: 'admin', domain },
        is_domain: false,
        roles: ['admin', 'member', 'reader', 'operator', 'viewer'].map((name) => ({ id: name, name })),
        catalog: expect.any(Array),
      },
    });
    expect(await works(key)).toBe(true);
  });

  it('has a catalog of our dialects, with all three interfaces', async () => {
    const { token } = (await keystone.v3Password()).json<TokenBody>();
    const found = Object.fromEntries(
      (token.catalog ?? []).map(({ type, endpoints }) => [type, endpoints.map((one) => `${one.interface} ${one.url}`)]),
    );
    const all = (path: string) => ['public', 'internal', 'admin'].map((each) => `${each} ${running.url}${path}`);
    expect(found).toEqual({
      identity: all('/keystone/v3'),
      fuel: all('/api/v1'),
      upgrade: all('/api'),
      nodepool: all('/v1'),
      environments: all('/rest'),
      physicalprovisioner: all('/api/v1.0'),
    });
    expect((await keystone.get('/keystone/v3/auth/catalog', ADMIN_TOKEN)).json()).toEqual({
      catalog: token.catalog,
      links: { self: `${running.url}/keystone/v3/auth/catalog` },
    });
  });

  it('leaves the catalog out where asked to', async () => {
    const headers = { 'x-auth-token': ADMIN_TOKEN, 'x-subject-token': ADMIN_TOKEN };
    for (const query of ['?nocatalog', '?nocatalog=1']) {
      const answer = await running.inject({ url: `/keystone/v3/auth/tokens${query}`, headers });
      expect(answer.json<TokenBody>().token.catalog).toBeUndefined();
    }
  });

  it('an unscoped token says nothing of projects and roles', async () => {
    for (const scope of ['unscoped', { unscoped: {} }]) {
      const { token } = (await keystone.v3Password('admin', ADMIN_PASSWORD, scope)).json<TokenBody>();
      expect(Object.keys(token).sort()).toEqual(['audit_ids', 'expires_at', 'issued_at', 'methods', 'user']);
    }
    const projects = await keystone.get('/keystone/v3/auth/projects', ADMIN_TOKEN);
    expect(projects.json()).toMatchObject({ projects: [{ id: 'admin', name: 'admin', domain_id: 'default' }] });
  });

  it('gives the same token for a token, with the time it has left', async () => {
    const first = await keystone.v3Password('admin', ADMIN_PASSWORD, 'unscoped');
    const id = String(first.headers['x-subject-token']);
    const again = await keystone.v3({
      identity: { methods: ['token'], token: { id } },
      scope: { project: { id: 'admin' } },
    });
    expect([again.statusCode, again.headers['x-subject-token']]).toEqual([201, id]);
    const { token } = again.json<TokenBody>();
    expect(token).toMatchObject({
      methods: ['token', 'password'],
      expires_at: first.json<TokenBody>().token.expires_at,
    });
    expect(token.roles).toHaveLength(5);
  });

  it('takes a user by id, or without a domain as Nailgun does', async () => {
    const id = String(await addUser(running, 'by-id', 'viewer'));
    const password = 'by-id-right';
    for (const user of [
      { id, password },
      { name: 'by-id', password },
      { name: 'by-id', password, domain: { name: 'default' } },
    ]) {
      const answer = await keystone.v3({ identity: { methods: ['password'], password: { user } } });
      expect(answer.statusCode).toBe(201);
      expect(answer.json()).toMatchObject({ token: { user: { id, name: 'by-id' } } });
    }
  });

  it.each([
    ['a wrong password', { methods: ['password'], password: { user: { name: 'admin', password: 'no' } } }, undefined],
    ['no such user id', { methods: ['password'], password: { user: { id: '1e9', password: 'no' } } }, undefined],
    [
      'another domain',
      {
        methods: ['password'],
        password: { user: { name: 'admin', password: ADMIN_PASSWORD, domain: { id: 'other' } } },
      },
      undefined,
    ],
    ['an unknown token', { methods: ['token'], token: { id: 'no' } }, undefined],
    ['a method we do not have', { methods: ['totp'], totp: {} }, undefined],
    ['no method', { methods: [] }, undefined],
    ['two methods', { methods: ['password', 'token'], password: {}, token: {} }, undefined],
    ['another project', { methods: ['token'], token: { id: ADMIN_TOKEN } }, { project: { id: 'other' } }],
    [
      'a project of another domain',
      { methods: ['token'], token: { id: ADMIN_TOKEN } },
      { project: { name: 'admin', domain: { id: 'other' } } },
    ],
    ['a domain', { methods: ['token'], token: { id: ADMIN_TOKEN } }, { domain: { id: 'default' } }],
    ['the system', { methods: ['token'], token: { id: ADMIN_TOKEN } }, { system: { all: true } }],
  ])('refuses %s with 401', async (_what, identity, scope) => {
    const answer = await keystone.v3({ identity, scope });
    expect([answer.statusCode, answer.json()]).toEqual([401, UNAUTHORIZED]);
    expect(answer.headers['x-subject-token']).toBeUndefined();
  });

  describe('a token', () => {
    it('is shown to administrators and to its user', async () => {
      await addUser(running, 'shown', 'viewer');
      const token = await login('shown', 'shown-right');
      for (const asking of [ADMIN_TOKEN, token]) {
        const answer = await keystone.about('GET', asking, token);
        expect([answer.statusCode, answer.headers['x-subject-token']]).toEqual([200, token]);
        expect(answer.json()).toMatchObject({ token: { user: { name: 'shown' }, project: { name: 'admin' } } });
      }
      const head = await keystone.about('HEAD', ADMIN_TOKEN, token);
      expect([head.statusCode, head.headers['x-subject-token'], head.body]).toEqual([200, token, '']);
    });

    it('is not shown to others', async () => {
      await addUser(running, 'prying', 'operator');
      const prying = await login('prying', 'prying-right');
      expect((await keystone.about('GET', prying, ADMIN_TOKEN)).json()).toEqual({
        error: { message: 'You are not authorized to perform the requested action.', code: 403, title: 'Forbidden' },
      });
      expect((await keystone.about('DELETE', prying, ADMIN_TOKEN)).statusCode).toBe(403);
      expect((await keystone.about('GET', 'nobody', ADMIN_TOKEN)).json()).toEqual(UNAUTHORIZED);
    });

    it('is 404 where there is none, it has run out or its user is disabled', async () => {
      const id = await addUser(running, 'gone', 'viewer');
      const token = await login('gone', 'gone-right');
      const status = async (subject: string) => (await keystone.about('GET', ADMIN_TOKEN, subject)).statusCode;
      expect([await status('none'), await status(''), await status(token)]).toEqual([404, 404, 200]);
      const { dataSource } = running.database;
      await dataSource.query('update users set is_active = false where id = $1', [id]);
      expect(await status(token)).toBe(404);
      await dataSource.query('update users set is_active = true where id = $1', [id]);
      await dataSource.query(`update tokens set expires_at = now() - interval '1 s' where user_id = $1`, [id]);
      expect(await status(token)).toBe(404);
    });

    it('is taken back by its user and by an administrator, at once and on every dialect', async () => {
      await addUser(running, 'leaving', 'viewer');
      const [own, other] = [await login('leaving', 'leaving-right'), await login('leaving', 'leaving-right')];
      expect((await keystone.about('DELETE', own, own)).statusCode).toBe(204);
      expect((await keystone.about('DELETE', ADMIN_TOKEN, other)).statusCode).toBe(204);
      expect([await works(own), await works(other)]).toEqual([false, false]);
      expect((await keystone.about('DELETE', ADMIN_TOKEN, other)).statusCode).toBe(404);
    });
  });

  it('changes a password without a token', async () => {
    const id = await addUser(running, 'renewing', 'viewer');
    const old = await login('renewing', 'renewing-right');
    const change = (original: string) =>
      running.inject({
        method: 'POST',
        url: `/keystone/v3/users/${id}/password`,
        payload: { user: { password: 'fresh', original_password: original } },
      });
    expect((await change('wrong')).json()).toEqual(UNAUTHORIZED);
    expect((await change('renewing-right')).statusCode).toBe(204);
    expect(await works(old)).toBe(false);
    expect((await keystone.v3Password('renewing', 'fresh')).statusCode).toBe(201);
  });
});

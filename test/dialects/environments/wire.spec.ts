import { ADMIN_TOKEN } from '../../support/app.js';
import { authorizationOf, basic, type Genesis, startGenesis } from './genesis.js';

const DENIED = {
  serviceErrors: {},
  variablesErrors: {},
  compoundServiceErrors: ['Access is denied'],
  compoundVariablesErrors: [],
  isSuccess: false,
  isNotFound: false,
};

let genesis: Genesis;
beforeAll(async () => {
  genesis = await startGenesis();
});
afterAll(() => genesis.close());

const admin = { authorization: authorizationOf('genesis') };
const formType = { 'content-type': 'application/x-www-form-urlencoded' };

async function signIn(form: string, headers: Record<string, string> = {}) {
  return genesis.test.inject({ method: 'POST', url: '/signin', payload: form, headers: { ...formType, ...headers } });
}

function cookieOf(answer: { headers: { 'set-cookie'?: string[] } }): string {
  return answer.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
}

describe('who comes in', () => {
  it.each([
    ['nothing', {}],
    ['a wrong password', { authorization: basic('genesis', 'wrong') }],
    ['an unknown user', { authorization: basic('nobody', 'x') }],
    ['a wrong token', { authorization: 'Bearer nothing' }],
    ['a header that trusts itself', { 'x-on-behalf-of': 'genesis', 'x-authorities': 'ROLE_GENESIS_ADMIN' }],
  ])('not with %s', async (_name, headers) => {
    for (const url of ['/rest', '/rest/projects', '/rest/nothing/there', '/rest/projects/1/envs']) {
      const answer = await genesis.test.inject({ url, headers });
      expect([url, answer.statusCode]).toEqual([url, 401]);
      expect(answer.headers['www-authenticate']).toBe('Basic realm="Genesis"');
      expect(answer.json()).toEqual({ error: expect.any(String) as string });
    }
  });

  it.each([
    ['a password', admin],
    ['a bearer token', { authorization: `Bearer ${ADMIN_TOKEN}` }],
    ['a token', { authorization: `Token ${ADMIN_TOKEN}` }],
    ['a token in a header of its own', { 'x-auth-token': ADMIN_TOKEN }],
  ])('with %s', async (_name, headers) => {
    const answer = await genesis.test.inject({ url: '/rest', headers });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-type']?.toLowerCase().replace(' ', '')).toBe('application/json;charset=utf-8');
    expect(answer.json()).toEqual({
      user: 'genesis',
      administrator: true,
      configuration: { locale: 'en-US', environment_security_enabled: false },
      links: [
        {
          rel: 'collection',
          href: `${genesis.test.url}/rest/projects`,
          methods: ['get', 'post'],
          type: 'application/vnd.griddynamics.genesis.Project+json',
        },
        {
          rel: 'collection',
          href: `${genesis.test.url}/rest/settings`,
          methods: ['get'],
          type: 'application/vnd.griddynamics.genesis.SystemSettings+json',
        },
      ],
    });
  });

  it('and is shown what is theirs', async () => {
    const root = (await genesis.as('user').get('')).json<{ administrator: boolean; links: { methods: string[] }[] }>();
    expect(root.administrator).toBe(false);
    expect(root.links.map(({ methods }) => methods)).toEqual([['get']]);
  });

  it('is not asked for a password by the browser behind the web interface’s back', async () => {
    const answer = await genesis.test.inject({ url: '/rest', headers: { 'x-requested-with': 'XMLHttpRequest' } });
    expect([answer.statusCode, answer.headers['www-authenticate']]).toEqual([401, 'Session realm="Genesis"']);
  });
});

describe('a session', () => {
  const form = (username: string, password: string, more = '') =>
    `j_username=${encodeURIComponent(username)}&j_password=${encodeURIComponent(password)}${more}`;
  const right = () => form('genesis', 'correct horse battery staple');

  it('begins with the form and ends with the log-out', async () => {
    const answer = await signIn(right());
    expect([answer.statusCode, answer.json()]).toEqual([200, { success: true }]);
    expect(answer.headers['set-cookie']?.[0]).toMatch(/^JSESSIONID=[^;]{20,}; Path=\/; HttpOnly; SameSite=Strict$/);
    const cookie = cookieOf(answer);
    const root = await genesis.test.inject({ url: '/rest', headers: { cookie } });
    expect(root.json<{ links: { rel: string; href: string }[] }>().links.at(-1)).toEqual({
      rel: 'logout',
      href: `${genesis.test.url}/logout`,
      methods: ['get'],
    });
    const out = await genesis.test.inject({ url: '/logout', headers: { cookie } });
    expect([out.statusCode, out.headers.location]).toEqual([302, '/login.html']);
    expect(out.headers['set-cookie']?.[0]).toMatch(/^JSESSIONID=; .*Expires=Thu, 01 Jan 1970/);
    expect((await genesis.test.inject({ url: '/rest', headers: { cookie } })).statusCode).toBe(401);
    expect((await genesis.test.inject({ url: '/logout', headers: { cookie } })).statusCode).toBe(302);
    expect((await genesis.test.inject('/logout')).statusCode).toBe(302);
  });

  it('may outlive the browser', async () => {
    const answer = await signIn(`${right()}&_spring_security_remember_me=on`);
    expect(answer.headers['set-cookie']?.[0]).toContain('; Expires=');
  });

  it.each([
    form('genesis', 'wrong'),
    form('nobody', 'x'),
    'j_username=genesis',
    '',
    'j_username=genesis&j_username=reader&j_password=x',
    form('gen\u0000esis', 'x'),
  ])('does not begin with %j, in a 200', async (text) => {
    const answer = await signIn(text);
    expect([answer.statusCode, answer.json()]).toEqual([200, { success: false, errors: 'Login failed. Try again.' }]);
    expect(answer.headers['set-cookie']).toBeUndefined();
  });

  it('changes nothing for another site’s page', async () => {
    const cookie = cookieOf(await signIn(right()));
    const post = (headers: Record<string, string>, url = '/rest/projects') =>
      genesis.test.inject({ method: 'POST', url, payload: {}, headers: { cookie, ...headers } });
    const foreign: Record<string, string>[] = [
      { origin: 'http://elsewhere.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site', origin: genesis.test.url },
    ];
    for (const headers of foreign) {
      const answer = await post(headers);
      expect([headers, answer.statusCode, answer.json()]).toEqual([headers, 403, DENIED]);
    }
    const own: Record<string, string>[] = [{}, { origin: genesis.test.url }, { 'sec-fetch-site': 'same-origin' }];
    for (const headers of own) {
      expect((await post(headers)).json()).toEqual({ error: 'Missing parameter: name' });
    }
    expect((await signIn(right(), { 'sec-fetch-site': 'cross-site' })).json()).toMatchObject({ success: false });
    const kept = await genesis.test.inject({ url: '/logout', headers: { cookie, 'sec-fetch-site': 'cross-site' } });
    expect(kept.statusCode).toBe(302);
    expect((await genesis.test.inject({ url: '/rest', headers: { cookie } })).statusCode).toBe(200);
  });
});

describe('the wire', () => {
  it.each(['/rest/', '/rest//', '//rest', '/rest//projects', '/rest/projects/', '/rest///projects//?sorting=name'])(
    '%s is found',
    async (url) => {
      expect((await genesis.test.inject({ url, headers: admin })).statusCode).toBe(200);
    },
  );

  it.each([
    '/rest/nothing',
    '/rest/projects/abc',
    '/rest/projects/0',
    '/rest/projects/-1',
    '/rest/projects/9223372036854775808',
    '/rest/projects/1.5',
    '/restful',
  ])('%s is a 404', async (url) => {
    const answer = await genesis.test.inject({ url, headers: admin });
    expect(answer.statusCode).toBe(404);
    if (url.startsWith('/rest/')) expect(answer.json()).toMatchObject({ isSuccess: false, isNotFound: true });
  });

  it('refuses a wrong verb with a 405 that names the right ones', async () => {
    const answer = await genesis.test.inject({ method: 'DELETE', url: '/rest/projects', headers: admin });
    expect(answer.statusCode).toBe(405);
    expect(answer.headers.allow).toMatch(/GET, POST/);
    expect(answer.json()).toEqual({ error: expect.any(String) as string });
  });

  it('reads a body as JSON whatever it is called', async () => {
    const answer = await genesis.test.inject({
      method: 'POST',
      url: '/rest/projects',
      payload: '{"name": "typed"}',
      headers: { ...admin, ...formType },
    });
    expect(answer.json()).toEqual({ error: 'Missing parameter: projectManager' });
  });

  it('survives what is nested without end', async () => {
    const payload = `{"name": ${'['.repeat(50_000)}${']'.repeat(50_000)}}`;
    const answer = await genesis.test.inject({ method: 'POST', url: '/rest/projects', payload, headers: admin });
    expect([answer.statusCode, answer.json()]).toEqual([400, { error: 'Invalid input' }]);
  });

  it('builds links from the Host header, and from a forwarded one only where a proxy is trusted', async () => {
    const projects = async (from: Genesis) => {
      const headers = {
        ...admin,
        host: 'genesis.example:81',
        'x-forwarded-host': 'evil.example',
        'x-forwarded-proto': 'https',
      };
      const answer = await from.test.inject({ url: '/rest', headers });
      return answer.json<{ links: { href: string }[] }>().links[0]?.href;
    };
    expect(await projects(genesis)).toBe('http://genesis.example:81/rest/projects');
    const behind = await startGenesis({ config: { trustedProxies: ['127.0.0.1'] } });
    try {
      expect(await projects(behind)).toBe('https://evil.example/rest/projects');
    } finally {
      await behind.close();
    }
  });
});

describe('rights', () => {
  it('an unknown project is a 404 to those who see all, and denied to others', async () => {
    for (const user of ['genesis', 'reader'] as const) {
      const answer = await genesis.as(user).get('/projects/4711');
      expect([answer.statusCode, answer.json<{ compoundServiceErrors: string[] }>().compoundServiceErrors]).toEqual([
        404,
        ["Project [4711] wasn't found"],
      ]);
    }
    const { id } = await genesis.makeProject();
    const unknown = await genesis.as('stranger').get('/projects/4711');
    const foreign = await genesis.as('stranger').get(`/projects/${id}`);
    expect([unknown.statusCode, unknown.json()]).toEqual([403, DENIED]);
    expect([foreign.statusCode, foreign.json()]).toEqual([403, DENIED]);
  });

  it('a reader changes nothing, a project user only what is not the project’s', async () => {
    const { id, configId } = await genesis.makeProject();
    const writes = [
      ['put', `/projects/${id}`],
      ['delete', `/projects/${id}`],
      ['put', `/projects/${id}/roles/ROLE_GENESIS_PROJECT_USER`],
      ['post', `/projects/${id}/configs`],
      ['put', `/projects/${id}/configs/${configId}`],
      ['delete', `/projects/${id}/configs/${configId}`],
      ['put', `/projects/${id}/configs/${configId}/access`],
      ['post', '/projects'],
    ] as const;
    for (const user of ['reader', 'user', 'stranger'] as const) {
      for (const [method, path] of writes) {
        const answer = await genesis.as(user)[method](path, { name: 'x', projectManager: 'ab', users: [], groups: [] });
        expect([user, method, path, answer.statusCode]).toEqual([user, method, path, 403]);
      }
    }
    const reads = [
      [`/projects/${id}`, 200],
      [`/projects/${id}/permissions`, 200],
      [`/projects/${id}/configs`, 200],
      [`/projects/${id}/settings`, 403],
      [`/projects/${id}/roles`, 403],
      [`/projects/${id}/configs/${configId}/access`, 403],
    ] as const;
    for (const [path, forUser] of reads) {
      expect([path, (await genesis.as('user').get(path)).statusCode]).toEqual([path, forUser]);
      expect([path, (await genesis.as('reader').get(path)).statusCode]).toEqual([path, 200]);
      expect([path, (await genesis.as('manager').get(path)).statusCode]).toEqual([path, 200]);
      expect([path, (await genesis.as('stranger').get(path)).statusCode]).toEqual([path, 403]);
    }
  });
});

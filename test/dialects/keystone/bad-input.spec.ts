import { request } from 'node:http';
import { ADMIN_PASSWORD, ADMIN_TOKEN, startTestApp, type TestApp } from '../../support/app.js';
import type { TestAnswer } from '../../support/request.js';

interface KeystoneError {
  readonly error: { readonly message: string; readonly code: number; readonly title: string };
}

const deep = `${'{"auth":'.repeat(5000)}1${'}'.repeat(5000)}`;
const wide = JSON.stringify({ auth: { passwordCredentials: { username: 'u'.repeat(1_000_000), password: 'p' } } });
const json = { 'content-type': 'application/json' };

/** Whatever can stand where an object or a text is due. */
const ODD: readonly unknown[] = [null, 0, true, 'text', [], [{}], {}, { id: 5 }, { id: {} }, { id: '' }, { name: [] }];

describe('the built-in Keystone and what nobody should send', () => {
  let running: TestApp;
  beforeAll(async () => {
    running = await startTestApp({ config: { loginFailuresPerMinute: 100_000 } });
  });
  afterAll(() => running.close());

  const isKeystones = (answer: TestAnswer): void => {
    const { error } = answer.json<KeystoneError>();
    expect(Object.keys(error)).toEqual(['message', 'code', 'title']);
    expect([typeof error.message, error.code, typeof error.title]).toEqual(['string', answer.statusCode, 'string']);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
  };
  const post = (url: string, payload?: unknown, headers = {}): Promise<TestAnswer> =>
    running.inject({ method: 'POST', url, payload, headers });

  describe.each(['/keystone/v2.0/tokens', '/keystone/v3/auth/tokens'])('POST %s', (url) => {
    it.each([
      ['nothing', undefined, {}],
      ['an empty body', '', json],
      ['no JSON', '{"auth":', json],
      ['an array', '[]', json],
      ['a number', '5', json],
      ['an object without auth', '{}', json],
      ['an object as deep as the parser takes', deep, json],
      ['a forbidden name', '{"auth":{"__proto__":{}}}', json],
      ['bytes that are no UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), json],
      ['a form', 'auth=x', { 'content-type': 'application/x-www-form-urlencoded' }],
    ])('%s is a 400', async (_what, payload, headers) => {
      const answer = await post(url, payload, headers);
      expect(answer.statusCode).toBe(400);
      isKeystones(answer);
    });

    it('JSON under the name curl gives it is JSON', async () => {
      const right = JSON.stringify({
        auth: {
          passwordCredentials: { username: 'admin', password: ADMIN_PASSWORD },
          identity: {
            methods: ['password'],
            password: { user: { name: 'admin', domain: { id: 'default' }, password: ADMIN_PASSWORD } },
          },
        },
      });
      const answer = await post(url, right, { 'content-type': 'application/x-www-form-urlencoded' });
      expect([200, 201]).toContain(answer.statusCode);
    });

    it('another type of body is a 415, a huge one a 413', async () => {
      const typed = await post(url, '<a/>', { 'content-type': 'application/xml' });
      expect(typed.statusCode).toBe(415);
      isKeystones(typed);
      const huge = await post(url, `"${'x'.repeat(9 * 1024 * 1024)}"`, json);
      expect(huge.statusCode).toBe(413);
      isKeystones(huge);
    });

    it('a million letters for a name are nobody', async () => {
      const answer = await post('/keystone/v2.0/tokens', wide, json);
      expect(answer.statusCode).toBe(401);
      isKeystones(answer);
    });
  });

  it('odd values anywhere are a 400 or a 401', async () => {
    const v2 = ODD.flatMap((odd) => [
      odd,
      { passwordCredentials: odd },
      { passwordCredentials: { username: odd, password: 'x' } },
      { passwordCredentials: { username: 'admin', password: odd } },
      { passwordCredentials: { userId: odd, password: 'x' } },
      { token: odd },
      { token: { id: odd } },
      { token: { id: 'nope' }, tenantName: odd },
      { tenantId: odd, passwordCredentials: { username: 'admin', password: 'x' } },
    ]);
    const v3 = ODD.flatMap((odd) => [
      odd,
      { identity: odd },
      { identity: { methods: odd } },
      { identity: { methods: [odd] } },
      { identity: { methods: ['password'], password: odd } },
      { identity: { methods: ['password'], password: { user: odd } } },
      { identity: { methods: ['password'], password: { user: { name: odd, password: 'x' } } } },
      { identity: { methods: ['password'], password: { user: { name: 'admin', password: odd } } } },
      { identity: { methods: ['password'], password: { user: { id: odd, password: 'x' } } } },
      { identity: { methods: ['password'], password: { user: { name: 'admin', password: 'x', domain: odd } } } },
      { identity: { methods: ['token'], token: { id: odd } } },
      { identity: { methods: ['token'], token: { id: 'nope' } }, scope: odd },
      { identity: { methods: ['token'], token: { id: 'nope' } }, scope: { project: odd } },
      { identity: { methods: ['token'], token: { id: 'nope' } }, scope: { project: { name: 'admin', domain: odd } } },
    ]);
    const all = [
      ...v2.map((auth) => ['/keystone/v2.0/tokens', auth]),
      ...v3.map((auth) => ['/keystone/v3/auth/tokens', auth]),
    ];
    for (const [url, auth] of all) {
      const answer = await post(String(url), { auth });
      expect([JSON.stringify(auth), [400, 401].includes(answer.statusCode)]).toEqual([JSON.stringify(auth), true]);
      isKeystones(answer);
    }
  });

  it('names, ids and passwords of odd characters are nobody', async () => {
    for (const text of [
      '\0',
      'ad\0min',
      '\ud800',
      '-1',
      '0',
      '9223372036854775808',
      '1 or 1=1',
      '%',
      '☂'.repeat(300),
    ]) {
      for (const user of [{ username: text }, { userId: text }]) {
        const answer = await post('/keystone/v2.0/tokens', {
          auth: { passwordCredentials: { ...user, password: text } },
        });
        expect([text, answer.statusCode]).toEqual([text, 401]);
      }
      const token = await post('/keystone/v3/auth/tokens', {
        auth: { identity: { methods: ['token'], token: { id: text } } },
      });
      expect([text, token.statusCode]).toEqual([text, 401]);
    }
  });

  it.each([
    ['PATCH', '/keystone/v2.0/OS-KSCRUD/users/%00'],
    ['PATCH', '/keystone/v2.0/OS-KSCRUD/users/99999999999999999999'],
    ['POST', '/keystone/v3/users/%F0%9F%98%80/password'],
    ['POST', '/keystone/v3/users/x/password'],
  ])('%s %s knows nobody of that id', async (method, url) => {
    const right = { user: { password: 'new', original_password: ADMIN_PASSWORD } };
    const answer = await running.inject({ method, url, payload: right });
    expect(answer.statusCode).toBe(401);
    isKeystones(answer);
    for (const user of ODD) {
      const odd = await running.inject({ method, url, payload: { user } });
      expect(odd.statusCode).toBe(400);
      isKeystones(odd);
    }
    const long = { user: { password: 'x'.repeat(1025), original_password: 'x' } };
    expect((await running.inject({ method, url, payload: long })).statusCode).toBe(400);
  });

  it.each([
    ['GET', '/keystone/v2.0/tokens/%00', 404],
    ['GET', `/keystone/v2.0/tokens/${'x'.repeat(1000)}`, 404],
    ['DELETE', '/keystone/v2.0/tokens/%E2%98%82', 404],
    ['GET', '/keystone/nope', 404],
    ['GET', '/keystone/v2.0/tokens/%zz', 400],
    ['PUT', '/keystone/v3/auth/tokens', 405],
    ['DELETE', '/keystone', 405],
  ])('%s %s is %d', async (method, url, status) => {
    const answer = await running.inject({ method, url, headers: { 'x-auth-token': ADMIN_TOKEN } });
    expect(answer.statusCode).toBe(status);
    isKeystones(answer);
  });

  it('a subject token that comes twice is no token', async () => {
    const { port } = new URL(running.url);
    const status = await new Promise((resolve, reject) => {
      const headers = { 'x-auth-token': ADMIN_TOKEN, 'x-subject-token': [ADMIN_TOKEN, ADMIN_TOKEN] };
      const outgoing = request({ port, host: '127.0.0.1', path: '/keystone/v3/auth/tokens', headers }, (incoming) => {
        incoming.resume();
        resolve(incoming.statusCode);
      });
      outgoing.once('error', reject).end();
    });
    expect(status).toBe(404);
  });

  it('a Host that is none leaves the addresses on localhost', async () => {
    const answer = await running.inject({ url: '/keystone/v3', headers: { host: 'a b"<c>' } });
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toContain('http://localhost/keystone/v3/');
  });
});

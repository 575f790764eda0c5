import { FuelApi, type FuelError } from './fuel-api.js';

let api: FuelApi;
beforeAll(async () => {
  api = await FuelApi.start();
});
afterAll(() => api.close());

const bare = (method: string, url: string, headers: Record<string, string> = {}, payload?: unknown) =>
  api.app.inject({ method, url, headers, payload });
const token = () => ({ 'x-auth-token': api.app.adminToken });

describe('paths', () => {
  it.each(['', '/api', '/api/v1'])(
    '%s/notifications is served with and without the slash, never a redirect',
    async (p) => {
      for (const slash of ['', '/']) {
        const answer = await bare('GET', `${p}/notifications${slash}`, token());
        expect([answer.statusCode, answer.body]).toEqual([200, '[]']);
        expect(answer.headers.location).toBeUndefined();
      }
    },
  );

  it.each(['abc', '1a', '-1', '1.0', '0x1', '+1', '%00', '%20', 'é'])(
    'an id that is no number is no path: %s',
    async (id) => {
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const answer = await bare(method, `/api/v1/notifications/${encodeURI(id)}`, token(), { status: 'read' });
        expect(answer.statusCode).toBe(404);
        expect(answer.json()).toEqual({ message: 'Not Found', errors: [] });
      }
    },
  );

  it.each(['0', '999', '2147483647', '2147483648', '9223372036854775808', '9'.repeat(400)])(
    'a number nothing has is not found: %s',
    async (id) => {
      expect(FuelApi.refusal(await api.get(`notifications/${id}`))).toEqual([404, 'Notification not found']);
    },
  );

  it('answers 405 where there is another method, and 404 where there is none', async () => {
    const wrong = await api.send('PATCH', 'notifications/1', {});
    expect([...FuelApi.refusal(wrong), wrong.headers.allow]).toEqual([
      405,
      'Method Not Allowed',
      'GET, PUT, DELETE, HEAD, OPTIONS',
    ]);
    expect(FuelApi.refusal(await api.post('notifications/1', {}))[0]).toBe(405);
    expect(FuelApi.refusal(await api.get('nothing'))).toEqual([404, 'Not Found']);
  });
});

describe('who may come in', () => {
  it('answers 401 with JSON to whoever shows nothing, also where there is no route and no such method', async () => {
    const paths = ['/api/v1/notifications', '/notifications/', '/api/notifications/1', '/api/v1/no/such/path'];
    for (const url of [...paths, '/nodes/x/y', '/api/clusters/1/2/3/4']) {
      for (const method of ['GET', 'PUT', 'PATCH', 'POST', 'DELETE']) {
        const answer = await bare(method, url);
        expect([url, method, answer.statusCode]).toEqual([url, method, 401]);
        expect(answer.json<FuelError>()).toEqual({ message: expect.any(String), errors: [] });
        expect(answer.headers['www-authenticate']).toBe('Keystone');
      }
    }
  });

  it('says 401 before it looks at the body', async () => {
    expect((await bare('POST', '/api/v1/notifications', { 'content-type': 'application/json' }, '{')).statusCode).toBe(
      401,
    );
  });

  it('takes the token from the header or the cookie, and the header wins', async () => {
    const good = api.app.adminToken;
    const status = async (headers: Record<string, string>) =>
      (await bare('GET', '/api/notifications', headers)).statusCode;
    expect(await status({ 'x-auth-token': good })).toBe(200);
    expect(await status({ cookie: `other=1; token=${good}` })).toBe(200);
    expect(await status({ 'x-auth-token': good, cookie: 'token=bad' })).toBe(200);
    expect(await status({ 'x-auth-token': 'bad', cookie: `token=${good}` })).toBe(401);
    expect(await status({ cookie: 'token=bad' })).toBe(401);
    expect(await status({ 'x-auth-token': '' })).toBe(401);
    expect(await status({ authorization: `Token ${good}` })).toBe(200);
    expect(await status({ authorization: `Bearer ${good}` })).toBe(200);
  });

  it('does not take the cookie on another dialect', async () => {
    const cookie = `token=${api.app.adminToken}`;
    expect((await bare('GET', '/api/dcim/devices/', { cookie })).statusCode).toBe(401);
  });

  it('lets viewers read and operators change', async () => {
    const viewer = await api.as('viewer');
    const operator = await api.as('operator');
    const wish = { topic: 'done', message: 'x' };
    expect((await viewer.get('notifications')).statusCode).toBe(200);
    expect(FuelApi.refusal(await viewer.post('notifications', wish))[0]).toBe(403);
    expect((await operator.post('notifications', wish)).statusCode).toBe(201);
  });

  it('answers the version to everybody, also with a bad token', async () => {
    for (const url of ['/version', '/api/version', '/api/v1/version/']) {
      for (const key of [undefined, 'bad', '']) {
        const answer = await bare('GET', url, key === undefined ? {} : { 'x-auth-token': key });
        expect(answer.statusCode).toBe(200);
        expect(answer.json()).toEqual({
          release: '5.1.1',
          api: '1',
          nailgun_sha: expect.any(String),
          astute_sha: expect.any(String),
          fuellib_sha: expect.any(String),
          ostf_sha: expect.any(String),
          feature_groups: ['experimental'],
          auth_required: true,
          release_versions: {},
        });
      }
    }
  });
});

describe('headers', () => {
  it.each([
    ['GET', '/api/v1/notifications', 200],
    ['GET', '/version', 200],
    ['GET', '/api/notifications/999', 404],
    ['PATCH', '/api/notifications', 405],
    ['GET', '/api/v1/unknown', 404],
  ])('%s %s must not be cached', async (method, url, status) => {
    const answer = await bare(method, url, token());
    expect(answer.statusCode).toBe(status);
    expect(answer.headers).toMatchObject({
      'cache-control': 'store, no-cache, must-revalidate, post-check=0, pre-check=0',
      pragma: 'no-cache',
      expires: 'Thu, 01 Jan 1970 00:00:00 GMT',
      'content-type': 'application/json; charset=utf-8',
    });
  });

  it.each([
    ['application/json', 200],
    ['*/*', 200],
    ['text/html, application/xhtml+xml, */*;q=0.8', 200],
    ['application/json; charset=utf-8', 200],
    ['', 200],
    ['text/html', 415],
    ['application/xml, text/plain', 415],
  ])('an Accept of %j gets %i', async (accept, status) => {
    const answer = await bare('GET', '/api/v1/notifications', { ...token(), accept });
    expect(answer.statusCode).toBe(status);
    expect((await bare('GET', '/api/v1/version', { accept })).statusCode).toBe(status);
  });

  it('X-HTTP-Method-Override says the method, whatever it came with', async () => {
    const { id } = await api.create('notifications', { topic: 'done', message: 'to be read' });
    const url = `/api/v1/notifications/${id}`;
    const override = (method: string) => ({ ...token(), 'x-http-method-override': method });
    const put = await bare('POST', url, override('put'), { status: 'read' });
    expect([put.statusCode, put.json()['status']]).toEqual([200, 'read']);
    expect((await bare('POST', url, override('PATCH'), {})).statusCode).toBe(405);
    expect((await bare('GET', url, override('CONNECT'))).statusCode).toBe(200);
    expect((await bare('POST', url, override('DELETE'))).statusCode).toBe(204);
    expect((await bare('GET', url, token())).statusCode).toBe(404);
  });

  it('the override gives nobody more than the method it names', async () => {
    const viewer = await api.as('viewer');
    const { id } = await api.create('notifications', { topic: 'done', message: 'stays' });
    const answer = await viewer.send('GET', `notifications/${id}`, undefined, { 'x-http-method-override': 'DELETE' });
    expect(FuelApi.refusal(answer)[0]).toBe(403);
    expect((await api.get(`notifications/${id}`)).statusCode).toBe(200);
  });

  it('the override means nothing to other dialects', async () => {
    const answer = await bare('GET', '/api/dcim/devices/', { ...token(), 'x-http-method-override': 'DELETE' });
    expect(answer.statusCode).toBe(200);
  });
});

describe('bodies', () => {
  const json = { 'content-type': 'application/json' };
  const post = (payload: string | undefined, headers: Record<string, string> = json) =>
    bare('POST', '/api/v1/notifications', { ...token(), ...headers }, payload);

  it('tells nothing, `{}` and bad JSON apart', async () => {
    expect(FuelApi.refusal(await post(undefined))).toEqual([400, 'Empty request received']);
    expect(FuelApi.refusal(await post(''))).toEqual([400, 'Empty request received']);
    expect(FuelApi.refusal(await post('{}'))).toEqual([400, 'Notification topic is not found or invalid']);
    for (const bad of ['{', ' ', 'abc', "{'a': 1}", '{"a":1', '[1,]', '{"__proto__": {}}', '\u0000']) {
      expect(FuelApi.refusal(await post(bad))).toEqual([400, 'Invalid json received']);
    }
    for (const other of ['[]', 'null', '1', '"text"', 'true']) {
      expect(FuelApi.refusal(await post(other))).toEqual([400, 'Invalid data: a JSON object is expected']);
    }
  });

  it('reads JSON whatever it is called', async () => {
    for (const type of [
      undefined,
      'application/x-www-form-urlencoded',
      'text/plain',
      'application/octet-stream',
      'x',
    ]) {
      const answer = await post('{"topic":"done","message":"m"}', type === undefined ? {} : { 'content-type': type });
      expect([type, answer.statusCode]).toEqual([type, 201]);
    }
  });

  it('are not looked at where they mean nothing', async () => {
    for (const path of ['deploy/', 'update', 'changes', 'reset/', 'stop_deployment']) {
      const answer = await bare('PUT', `/api/v1/clusters/9999/${path}`, { ...token(), ...json }, '{');
      expect(FuelApi.refusal(answer)).toEqual([404, 'Cluster not found']);
    }
  });

  it('a GET or DELETE with a content type and no body is no fault', async () => {
    expect((await bare('GET', '/api/v1/notifications', { ...token(), ...json })).statusCode).toBe(200);
    const { id } = await api.create('notifications', { topic: 'done', message: 'x' });
    expect((await bare('DELETE', `/api/v1/notifications/${id}`, { ...token(), ...json })).statusCode).toBe(204);
  });

  it.each([
    ['nested without end', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    ['nested in objects', `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`],
    ['too large a number', '{"topic":"done","message":"x","a":1e999}'],
    ['a NUL', '{"topic":"done","message":"a\\u0000b"}'],
    ['half a character', '{"topic":"done","message":"\\ud800"}'],
    ['a NUL in a name', '{"topic":"done","message":"x","a\\u0000":1}'],
    ['too long', JSON.stringify({ topic: 'done', message: 'x'.repeat(5000) })],
    ['no text', '{"topic":"done","message":{"a":1}}'],
    ['a large id', '{"topic":"done","message":"x","node_id":9007199254740993}'],
  ])('refuses what is %s, and changes nothing', async (_name, payload) => {
    const count = async () => (await api.read<unknown[]>('notifications')).length;
    const before = await count();
    expect(FuelApi.refusal(await post(payload))[0]).toBe(400);
    expect(await count()).toBe(before);
  });

  it('refuses more than it takes with 413', async () => {
    const answer = await post(`{"message":"${'x'.repeat(9 * 1024 * 1024)}"}`);
    expect(FuelApi.refusal(answer)[0]).toBe(413);
  });
});

import { InvalidSettings, parseSettings } from '../../../src/config/settings.js';
import { ADMIN_PASSWORD, ADMIN_TOKEN } from '../../support/app.js';
import { API_PASSWORD, API_USER, basic, type Pool, startPool } from './pool.js';
import { addNode } from './rows.js';

let pool: Pool;

beforeAll(async () => {
  pool = await startPool();
});
afterAll(() => pool.close());

const encoded = (text: string) => Buffer.from(text).toString('base64');
const right = encoded(`${API_USER}:${API_PASSWORD}`);

const refused: Record<string, string | undefined> = {
  nothing: undefined,
  'an empty header': '',
  'a wrong user': basic('somebody', API_PASSWORD),
  'a wrong password': basic(API_USER, 'open'),
  'the part of the password before its colon': basic(API_USER, 'open:'),
  'bad base64': 'Basic !!!!',
  'no colon': `Basic ${encoded('nodepool')}`,
  'the word Basic alone': 'Basic',
  'Basic and blanks': 'Basic    ',
  'bytes that are no text': `Basic ${Buffer.from([0xff, 0xfe, 0x3a, 0x00]).toString('base64')}`,
  'another scheme': `Foo ${right}`,
  'a scheme that ends in Basic': `XBasic ${right}`,
  'a bearer nobody gave out': `Bearer ${right}`,
  digest: 'Digest username="nodepool"',
  'two words': `Basic ${right} ${right}`,
  'a user with a NUL': basic('nodepool\0', API_PASSWORD),
  'a very long user': basic('x'.repeat(20_000), 'y'),
};
const changes = [
  ['DELETE', '/v1/nodes/999'],
  ['PUT', '/v1/nodes/999'],
  ['DELETE', '/v1/images/999'],
  ['POST', '/v1/images/nope/update'],
  ['DELETE', '/v1/dib_images/999'],
  ['POST', '/v1/dib_images/nope/build'],
  ['POST', '/v1/dib_images/nope/upload'],
  ['POST', '/v1/config/validate'],
  ['GET', '/v1/aliens/servers'],
  ['GET', '/v1/aliens/images'],
] as const;

describe('a change', () => {
  it.each(Object.entries(refused))('with %s is refused before anybody looks for the object', async (_name, header) => {
    for (const [method, url] of changes) {
      const headers: Record<string, string> = header === undefined ? {} : { authorization: header };
      const answer = await pool.request(method, url, { headers });
      expect([method, url, answer.statusCode]).toEqual([method, url, 401]);
      expect(answer.headers['www-authenticate']).toBe('Basic realm="nodepool"');
      expect(answer.json()).toMatchObject({ code: 401, title: 'Unauthorized' });
    }
  });

  it('is refused before its body is read', async () => {
    for (const payload of ['{', 'x'.repeat(100_000)]) {
      const headers = { 'content-type': 'application/json' };
      expect((await pool.request('PUT', '/v1/nodes/1', { headers, payload })).statusCode).toBe(401);
    }
  });

  it.each([
    ['the user of the settings, whose password holds a colon', { authorization: `Basic ${right}` }],
    ['the same in lower case', { authorization: `basic ${right}` }],
    ['a user of our own', { authorization: basic('admin', ADMIN_PASSWORD) }],
    ['a token', { authorization: `Token ${ADMIN_TOKEN}` }],
    ['a bearer token', { authorization: `Bearer ${ADMIN_TOKEN}` }],
    ['the header of another dialect', { 'x-auth-token': ADMIN_TOKEN }],
  ])('is made by %s', async (_name, headers) => {
    const id = await addNode(pool.app.database);
    expect((await pool.request('DELETE', `/v1/nodes/${id}`, { headers })).statusCode).toBe(204);
    expect((await pool.request('DELETE', '/v1/nodes/999999', { headers })).statusCode).toBe(404);
  });

  it('takes more than a viewer', async () => {
    const { database } = pool.app;
    await database.dataSource.query(`insert into users (username, role, password_hash, is_active)
      select 'eve', 'viewer', password_hash, true from users where username = 'admin'`);
    const headers = { authorization: basic('eve', ADMIN_PASSWORD) };
    const id = await addNode(database);
    const answer = await pool.request('DELETE', `/v1/nodes/${id}`, { headers });
    expect([answer.statusCode, answer.json()]).toMatchObject([403, { code: 403, title: 'Forbidden' }]);
    expect((await pool.request('GET', '/v1/aliens/servers', { headers })).statusCode).toBe(200);
  });

  it('is recorded with who made it', async () => {
    const id = await addNode(pool.app.database, { hostname: 'mine' });
    await pool.form('PUT', `/v1/nodes/${id}`, { state: 'hold', reason: 'why not' });
    await pool.request('DELETE', `/v1/nodes/${id}`, { headers: { authorization: `Token ${ADMIN_TOKEN}` } });
    const rows = await pool.app.database.dataSource.query(
      `select action, user_name, source, address, object_repr from audit_events
       where object_type = 'pool-node' and object_id = $1 order by id`,
      [String(id)],
    );
    const common = { address: '127.0.0.1', object_repr: 'mine' };
    expect(rows).toEqual([
      { action: 'hold', user_name: API_USER, source: 'basic', ...common },
      { action: 'delete', user_name: 'admin', source: 'token', ...common },
    ]);
  });
});

describe('a read', () => {
  it.each(Object.entries(refused))('with %s is answered all the same', async (_name, header) => {
    const headers: Record<string, string> = header === undefined ? {} : { authorization: header };
    for (const url of ['/v1/nodes', '/v1/images', '/v1/dib_images']) {
      expect((await pool.request('GET', url, { headers })).statusCode).toBe(200);
    }
  });

  it('takes a login where the settings say so', async () => {
    const closed = await startPool({ config: { nodepoolReadsRequireAuth: true } });
    try {
      const answer = await closed.request('GET', '/v1/nodes/999');
      expect([answer.statusCode, answer.headers['www-authenticate']]).toEqual([401, 'Basic realm="nodepool"']);
      expect((await closed.request('HEAD', '/v1/nodes')).statusCode).toBe(401);
      expect((await closed.request('GET', '/v1/dib_images/x/log')).statusCode).toBe(401);
      expect((await closed.as('GET', '/v1/nodes')).statusCode).toBe(200);
      const token = { headers: { authorization: `Token ${ADMIN_TOKEN}` } };
      expect((await closed.request('GET', '/v1/nodes', token)).statusCode).toBe(200);
    } finally {
      await closed.close();
    }
  });
});

describe('the user of the settings', () => {
  it('is nobody in the other dialects', async () => {
    const answer = await pool.as('GET', '/api/upgrade/status/');
    expect(answer.statusCode).toBe(401);
  });

  it('is not there unless both settings are', async () => {
    const bare = await startPool({ config: { nodepoolApiUser: undefined, nodepoolApiPassword: undefined } });
    try {
      for (const [user, password] of [
        ['', ''],
        ['undefined', 'undefined'],
        ['admin', 'admin123'],
      ] as const) {
        const headers = { authorization: basic(user, password) };
        expect((await bare.request('DELETE', '/v1/nodes/1', { headers })).statusCode).toBe(401);
      }
    } finally {
      await bare.close();
    }
  });

  it('may not have the password of the sample', () => {
    const parse = () => parseSettings({ NODEPOOL_API_USER: 'admin', NODEPOOL_API_PASSWORD: 'admin123' });
    expect(parse).toThrow(InvalidSettings);
    expect(parse).not.toThrow(/admin123/);
  });
});

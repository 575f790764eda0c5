import { startTestApp, type TestApp } from '../../support/app.js';
import type { TestAnswer } from '../../support/request.js';
import { answer, KeystoneDouble, tokenBody } from '../../drivers/keystone-double.js';
import { nodeBody, releaseBody } from '../fuel/fuel-api.js';

const ROLES = ['admin', 'member', 'reader', 'none', 'Auditor'];
const SERVICE_PASSWORD = 'of the service user';

describe('users of an external Keystone', () => {
  let double: KeystoneDouble;
  let running: TestApp;
  beforeAll(async () => {
    double = await KeystoneDouble.start();
    double.onValidate = (response, { headers }) => {
      const [role, id] = String(headers['x-subject-token']).split('-');
      if (role === 'broken') return answer(response, 500, '');
      if (role === undefined || !ROLES.includes(role)) return answer(response, 404, '');
      const user = { id: `id-of-${id}`, name: `user-${id}`, domain: { id: 'default', name: 'Default' } };
      const names = role === 'Auditor' ? [role, 'reader'] : [role];
      return answer(response, 200, tokenBody({ user, roles: names.map((name) => ({ id: name, name })) }));
    };
    running = await startTestApp({
      config: {
        keystoneAuthUrl: double.url,
        keystoneServiceUsername: 'slipway',
        keystoneServicePassword: SERVICE_PASSWORD,
        drydockPolicy: new Map([['health_data', ['auditor']]]),
      },
    });
  });
  afterAll(async () => {
    await running.close();
    await double.stop();
  });

  const send = (token: string, method: string, url: string, payload?: unknown, more = {}): Promise<TestAnswer> =>
    running.inject({ method, url, payload, headers: { 'x-auth-token': token, ...more } });
  const audited = (name: string) =>
    running.database.dataSource.query<{ user_id: unknown; user_name: string; source: string; action: string }[]>(
      'select user_id, user_name, source, action from audit_events where user_name = $1 order by id',
      [name],
    );

  it('work on Fuel, with the roles they have there', async () => {
    expect((await send('reader-1', 'GET', '/api/v1/clusters')).statusCode).toBe(200);
    expect((await send('reader-1', 'POST', '/api/v1/releases', releaseBody())).statusCode).toBe(403);
    const release = await send('member-2', 'POST', '/api/v1/releases', releaseBody());
    expect(release.statusCode).toBe(201);
    const { id } = release.json<{ id: number }>();
    const cluster = await send('member-2', 'POST', '/api/v1/clusters', { name: 'theirs', release: id });
    const node = await send('member-2', 'POST', '/api/v1/nodes', nodeBody(1, { slipway: { driver: 'simulated' } }));
    const clusterId = cluster.json<{ id: number }>().id;
    const roles = [{ id: node.json<{ id: number }>().id, roles: ['controller'] }];
    expect((await send('member-2', 'POST', `/api/v1/clusters/${clusterId}/assignment`, roles)).statusCode).toBe(200);
    const started = await send('member-2', 'PUT', `/api/v1/clusters/${clusterId}/changes`, {});
    expect(started.statusCode).toBe(202);
    const events = await audited('user-2');
    expect(events.length).toBeGreaterThan(3);
    expect(new Set(events.map((event) => `${String(event.user_id)} ${event.source}`))).toEqual(
      new Set(['null external']),
    );
    const [batch] = await running.database.dataSource.query<unknown[]>(
      'select created_by, created_by_name from batches',
    );
    expect(batch).toEqual({ created_by: null, created_by_name: 'user-2' });
  });

  it('work on Drydock, by the rules that name the roles they have there', async () => {
    const health = async (token: string, more = {}) =>
      (await send(token, 'GET', '/api/v1.0/health/extended', undefined, more)).statusCode;
    expect(await health('Auditor-8')).toBe(200);
    expect([await health('admin-8'), await health('reader-8'), await health('none-8')]).toEqual([403, 403, 403]);
    expect([await health('unknown-8'), await health('broken-8')]).toEqual([401, 503]);
    expect(await health('reader-8', { 'x-service-token': 'Auditor-8' })).toBe(200);
    expect((await send('admin-8', 'GET', '/api/v1.0/tasks')).statusCode).toBe(200);
    expect((await send('member-8', 'GET', '/api/v1.0/tasks')).statusCode).toBe(403);
  });

  it('are known by a cookie too, where a dialect takes one', async () => {
    const headers = { cookie: 'token=reader-1' };
    expect((await running.inject({ url: '/api/v1/clusters', headers })).statusCode).toBe(200);
  });

  it('know who they are and have nothing here to log out of or to own', async () => {
    expect((await send('admin-3', 'GET', '/api/auth/me')).json()).toMatchObject({
      id: null,
      username: 'user-3',
      is_superuser: true,
    });
    expect((await send('admin-3', 'POST', '/api/auth/logout')).statusCode).toBe(200);
    const token = await send('admin-3', 'POST', '/api/users/tokens/', { description: 'mine' });
    expect([token.statusCode, token.json()]).toEqual([400, { user: ['This field is required.'] }]);
  });

  it('may administer the built-in Keystone, and get no token of ours for theirs', async () => {
    const subject = { 'x-subject-token': running.adminToken };
    expect((await send('admin-3', 'GET', '/keystone/v3/auth/tokens', undefined, subject)).statusCode).toBe(200);
    expect((await send('member-4', 'GET', '/keystone/v3/auth/tokens', undefined, subject)).statusCode).toBe(403);
    const auth = { identity: { methods: ['token'], token: { id: 'admin-3' } } };
    expect((await send('', 'POST', '/keystone/v3/auth/tokens', { auth })).statusCode).toBe(401);
  });

  it('are refused without a role and without a token Keystone knows', async () => {
    expect((await send('none-6', 'GET', '/api/v1/clusters')).statusCode).toBe(403);
    expect((await send('unknown-6', 'GET', '/api/v1/clusters')).statusCode).toBe(401);
    expect((await send('unknown-6', 'GET', '/api/v1/no-such-path')).statusCode).toBe(401);
    expect((await send('reader-6', 'GET', '/api/v1/no-such-path')).statusCode).toBe(404);
  });

  it('hear 503 in the words of each dialect while Keystone cannot answer', async () => {
    const ask = (url: string) => send('broken-7', 'GET', url);
    const answers = [
      await ask('/api/v1/clusters'),
      await ask('/api/dcim/sites/'),
      await ask('/keystone/v3/auth/catalog'),
    ];
    for (const { statusCode, headers } of answers) {
      expect(statusCode).toBe(503);
      expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    }
    const text = 'Tokens cannot be validated just now. Try again in a moment.';
    expect(answers.map((each) => each.json())).toEqual([
      { message: text, errors: [] },
      { detail: 'Service temporarily unavailable, try again later.' },
      { error: { message: text, code: 503, title: 'Service Unavailable' } },
    ]);
    expect((await send(running.adminToken, 'GET', '/api/v1/clusters')).statusCode).toBe(200);
  });

  it('leave nothing secret behind', async () => {
    const { dataSource } = running.database;
    const tables = await dataSource.query<{ name: string }[]>(
      `select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`,
    );
    for (const { name } of tables) {
      const [row] = await dataSource.query<[{ found: boolean }]>(
        `select exists (select 1 from "${name}" t where t::text ~ $1) as found`,
        [`(admin|member|reader|none|broken)-[0-9]|${SERVICE_PASSWORD}`],
      );
      expect([name, row.found]).toEqual([name, false]);
    }
    const health = await running.inject('/health/ready');
    const metrics = await running.inject('/metrics');
    expect(health.body + metrics.body).not.toContain(SERVICE_PASSWORD);
    expect(metrics.body).toMatch(/slipway_keystone_validations_total\{outcome="valid"\} \d+/);
  });
});

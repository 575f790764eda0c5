import { SYSTEM_PRINCIPAL } from '../../../src/auth/principal.js';
import { UsersService } from '../../../src/auth/users.service.js';
import { ADMIN_PASSWORD, ADMIN_TOKEN, startTestApp, type TestApp } from '../../support/app.js';
import type { TestAnswer } from '../../support/request.js';

interface Created {
  readonly id: number;
  readonly key: string;
}

describe('users, tokens and the audit trail of the Upgrade dialect', () => {
  let running: TestApp;
  beforeAll(async () => {
    running = await startTestApp();
  });
  afterAll(() => running.close());

  const call = (method: string, url: string, payload?: unknown, token = ADMIN_TOKEN): Promise<TestAnswer> =>
    running.inject({ method, url, payload, headers: { authorization: `Token ${token}`, 'user-agent': 'spec/1' } });
  const sql = <T>(query: string, parameters: unknown[] = []) =>
    running.database.dataSource.query<T[]>(query, parameters);

  let sequence = 0;
  async function created(path: string, payload: object): Promise<Created> {
    const answer = await call('POST', path, payload);
    if (answer.statusCode !== 201) throw new Error(`${path}: ${answer.statusCode} ${answer.body}`);
    return answer.json();
  }
  const newUser = (more: object = {}) =>
    created('/api/users/users/', { username: `person-${++sequence}`, password: 'first-pass', ...more });
  const trail = (type: string, id: number) =>
    sql<{ action: string; before: unknown; after: unknown; user_name: string; address: string; source: string }>(
      'select action, before, after, user_name, address, source from audit_events where object_type = $1 and object_id = $2 order by id',
      [type, String(id)],
    );

  it('creates, shows, changes and deletes a user, with a record of each', async () => {
    const answer = await call('POST', '/api/users/users/', {
      username: ' Ｊane ',
      password: 'secret-1',
      role: 'operator',
    });
    expect(answer.statusCode).toBe(201);
    const user = answer.json<{ id: number }>();
    expect(user).toMatchObject({ username: 'Jane', role: 'operator', email: '', is_active: true, is_superuser: false });
    expect(answer.body).not.toMatch(/password|scrypt|secret-1/);
    const url = `/api/users/users/${user.id}/`;
    expect((await call('PATCH', url, { email: 'j@example.org' })).json()).toMatchObject({
      username: 'Jane',
      email: 'j@example.org',
    });
    expect((await call('PUT', url, { username: 'jane', role: 'viewer' })).json()).toMatchObject({
      username: 'jane',
      role: 'viewer',
      email: 'j@example.org',
    });
    expect((await call('POST', `${url}toggle_active/`)).json()).toMatchObject({ is_active: false });
    expect((await call('POST', `${url}set_password/`, { password: 'secret-2' })).statusCode).toBe(200);
    expect((await call('DELETE', url)).statusCode).toBe(204);
    const gone = await call('GET', url);
    expect([gone.statusCode, gone.json()]).toEqual([404, { detail: 'Not found.' }]);

    const events = await trail('user', user.id);
    expect(events.map(({ action }) => action)).toEqual([
      'create',
      'update',
      'update',
      'toggle_active',
      'set_password',
      'delete',
    ]);
    for (const event of events)
      expect(event).toMatchObject({ user_name: 'admin', address: '127.0.0.1', source: 'token' });
    expect(events[0]).toMatchObject({
      before: null,
      after: { username: 'Jane', role: 'operator', password: '(secret)' },
    });
    expect(events[1]).toMatchObject({ before: { email: '' }, after: { email: 'j@example.org' } });
    expect(events[2]).toMatchObject({
      before: { username: 'Jane', role: 'operator' },
      after: { username: 'jane', role: 'viewer' },
    });
    expect(events[4]).toMatchObject({ before: { password: '(secret)' }, after: { password: '(secret)' } });
    expect(events[5]).toMatchObject({ after: null });
  });

  it('keeps no password and no key in clear, anywhere', async () => {
    const secrets = ['clear-pass-AAA', 'clear-pass-BBB', ADMIN_PASSWORD, ADMIN_TOKEN];
    const user = await newUser({ password: 'clear-pass-AAA' });
    await call('POST', `/api/users/users/${user.id}/set_password/`, { password: 'clear-pass-BBB' });
    const token = await created('/api/users/tokens/', { user: user.id });
    const again = (await call('POST', `/api/users/tokens/${token.id}/regenerate/`)).json<Created>();
    secrets.push(token.key, again.key);
    const dump = JSON.stringify(
      await Promise.all(['users', 'tokens', 'audit_events'].map((table) => sql(`select * from ${table}`))),
    );
    for (const secret of secrets) expect(dump).not.toContain(secret);
    const hashes = await sql<{ password_hash: string }>('select password_hash from users');
    for (const { password_hash } of hashes)
      expect(password_hash).toMatch(/^\$scrypt\$ln=15,r=8,p=3\$[\w+/]{22}\$[\w+/]{43}$/);
    const trailText = JSON.stringify(await sql('select * from audit_events'));
    expect(trailText).not.toMatch(/\$scrypt|[0-9a-f]{64}/);
  });

  it('shows a key once, finds the token by its preview, and regenerates it', async () => {
    const user = await newUser({ role: 'operator' });
    const answer = await call('POST', '/api/users/tokens/', {
      user: user.id,
      description: 'ci',
      allowed_ips: '127.0.0.1',
    });
    expect(answer.statusCode).toBe(201);
    const token = answer.json<Created & { key_preview: string }>();
    expect(token.key).toMatch(/^[A-Za-z0-9]{40}$/);
    expect(token).toMatchObject({
      user: user.id,
      description: 'ci',
      write_enabled: true,
      expires: null,
      allowed_ips: '127.0.0.1/32',
      key_preview: token.key.slice(0, 8),
    });
    const list = await call('GET', `/api/users/tokens/?user=${user.id}`);
    expect(list.json()).toMatchObject({ count: 1, next: null, previous: null });
    expect(list.body).not.toContain(token.key);
    const again = (await call('POST', `/api/users/tokens/${token.id}/regenerate/`)).json<Created>();
    expect(again).toMatchObject({ id: token.id, description: 'ci' });
    expect((await call('GET', '/api/auth/me/', undefined, token.key)).statusCode).toBe(401);
    expect((await call('GET', '/api/auth/me/', undefined, again.key)).statusCode).toBe(200);
    expect((await call('DELETE', `/api/users/tokens/${token.id}/`)).statusCode).toBe(204);
    expect((await call('GET', '/api/auth/me/', undefined, again.key)).statusCode).toBe(401);
    expect((await trail('token', token.id)).map(({ action }) => action)).toEqual(['create', 'regenerate', 'delete']);
  });

  it('a deleted user takes the tokens along', async () => {
    const user = await newUser();
    const token = await created('/api/users/tokens/', { user: user.id });
    await call('DELETE', `/api/users/users/${user.id}/`);
    expect((await call('GET', '/api/auth/me/', undefined, token.key)).json()).toEqual({ detail: 'Invalid API key' });
    expect((await call('GET', `/api/users/tokens/${token.id}/`)).statusCode).toBe(404);
  });

  it('a new password ends the log-ins of a user', async () => {
    const user = await newUser({ username: 'relog' });
    const payload = { username: 'relog', password: 'first-pass' };
    const { token } = (await running.inject({ method: 'POST', url: '/api/auth/login', payload })).json<{
      token: string;
    }>();
    const api = await created('/api/users/tokens/', { user: user.id });
    await call('POST', `/api/users/users/${user.id}/set_password/`, { password: 'next-pass' });
    expect((await call('GET', '/api/auth/me/', undefined, token)).statusCode).toBe(401);
    expect((await call('GET', '/api/auth/me/', undefined, api.key)).statusCode).toBe(200);
  });

  describe('the last active administrator', () => {
    const refusal = [409, { detail: 'The last active administrator cannot be deleted, demoted or deactivated.' }];

    it('cannot be deleted, demoted or deactivated', async () => {
      const requests: [string, string, object?][] = [
        ['DELETE', '/api/users/users/1/'],
        ['PATCH', '/api/users/users/1/', { role: 'operator' }],
        ['PATCH', '/api/users/users/1/', { is_active: false }],
        ['PUT', '/api/users/users/1/', { username: 'admin', is_active: 'false' }],
        ['POST', '/api/users/users/1/toggle_active/'],
      ];
      for (const [method, url, payload] of requests) {
        const answer = await call(method, url, payload);
        expect([answer.statusCode, answer.json()]).toEqual(refusal);
      }
      expect((await call('PATCH', '/api/users/users/1/', { email: 'admin@example.org' })).statusCode).toBe(200);
    });

    it('stays when all of them are demoted at once', async () => {
      const others = await Promise.all([1, 2, 3].map(() => newUser({ role: 'admin' })));
      const ids = [1, ...others.map(({ id }) => id)];
      const users = running.app.get(UsersService, { strict: false });
      for (let round = 0; round < 10; round += 1) {
        await sql(`update users set role = 'admin' where id = any($1)`, [ids]);
        const outcomes = await Promise.allSettled(
          ids.map((id) => users.change(SYSTEM_PRINCIPAL, id, { role: 'viewer' })),
        );
        const refused = outcomes
          .filter((outcome) => outcome.status === 'rejected')
          .map(({ reason }) => reason as Error);
        expect(refused.map(({ name }) => name)).toEqual(['Conflict']);
        const left = await sql<{ count: string }>(`select count(*) from users where role = 'admin' and is_active`);
        expect(left).toEqual([{ count: '1' }]);
      }
      await sql(`update users set role = case id when 1 then 'admin' else 'viewer' end`);
    });
  });

  it.each([
    [{}, { username: ['This field is required.'], password: ['This field is required.'] }],
    [
      { username: '', password: '' },
      { username: ['This field may not be blank.'], password: ['This field may not be blank.'] },
    ],
    [{ username: 'admin', password: 'x' }, { username: ['A user with that username already exists.'] }],
    [{ username: 'ａdmin', password: 'x' }, { username: ['A user with that username already exists.'] }],
    [{ username: 'a\0b', password: 'x' }, { username: ['Null characters are not allowed.'] }],
    [{ username: 'p1', password: 'a\0b' }, { password: ['Null characters are not allowed.'] }],
    [{ username: 'p2', password: 'x', role: 'root' }, { role: ['"root" is not a valid choice.'] }],
    [{ username: 'p3', password: 'x', role: null }, { role: ['This field may not be null.'] }],
    [{ username: 'p4', password: ['x'] }, { password: ['Not a valid string.'] }],
    [{ username: { a: 1 }, password: 'x' }, { username: ['Not a valid string.'] }],
    [{ username: 'p5', password: 'x', is_active: 'banana' }, { is_active: ['Must be a valid boolean.'] }],
    [{ username: 'p6', password: 'x', email: 'nope' }, { email: ['Enter a valid email address.'] }],
    [[], { non_field_errors: ['Invalid data. Expected a dictionary, but got list.'] }],
    [[1], { non_field_errors: ['Invalid data. Expected a dictionary, but got list.'] }],
  ])('refuses the user %j field by field', async (payload, errors) => {
    const before = await sql('select count(*) from users');
    const answer = await call('POST', '/api/users/users/', payload);
    expect([answer.statusCode, answer.json()]).toEqual([400, errors]);
    expect(await sql('select count(*) from users')).toEqual(before);
  });

  it.each([['a\u202eb'], ['a\nb'], ['a\u0007'], ['n'.repeat(151)], ['-x'], ['a/b'], ['<b>'], ['a:b'], ['\ud83d']])(
    'refuses the name %j',
    async (username) => {
      const answer = await call('POST', '/api/users/users/', { username, password: 'x' });
      expect([answer.statusCode, Object.keys(answer.json())]).toEqual([400, ['username']]);
    },
  );

  it.each([
    [{ expires: 'soon' }, 'expires'],
    [{ expires: 12345 }, 'expires'],
    [{ expires: '+275760-09-13' }, 'expires'],
    [{ allowed_ips: '10.0.0.0/33' }, 'allowed_ips'],
    [{ allowed_ips: ['10.0.0'] }, 'allowed_ips'],
    [{ allowed_ips: [null] }, 'allowed_ips'],
    [{ allowed_ips: { a: 1 } }, 'allowed_ips'],
    [{ allowed_ips: 7 }, 'allowed_ips'],
    [{ user: 999999 }, 'user'],
    [{ user: 2 ** 40 }, 'user'],
    [{ user: 'x' }, 'user'],
    [{ write_enabled: 'banana' }, 'write_enabled'],
    [{ description: 'd'.repeat(201) }, 'description'],
    [{ description: ['x'] }, 'description'],
  ])('refuses the token %j', async (payload, field) => {
    const answer = await call('POST', '/api/users/tokens/', payload);
    expect([answer.statusCode, Object.keys(answer.json())]).toEqual([400, [field]]);
  });

  it.each([['0'], ['-1'], ['1.5'], ['x'], ['99999999999999999999'], ['%00'], ['%F0%9F%98%80']])(
    'finds nothing under the id %s',
    async (id) => {
      for (const resource of ['users', 'tokens']) {
        for (const method of ['GET', 'DELETE']) {
          const answer = await call(method, `/api/users/${resource}/${id}/`);
          expect([answer.statusCode, answer.json()]).toEqual([404, { detail: 'Not found.' }]);
        }
      }
    },
  );

  it('pages and filters lists', async () => {
    await sql(
      `insert into users (username, password_hash, role) select 'bulk-' || n, '-', 'viewer' from generate_series(1, 120) n`,
    );
    const first = (await call('GET', '/api/users/users/?search=bulk-')).json<{
      count: number;
      next: string;
      results: unknown[];
    }>();
    expect([first.count, first.results.length]).toEqual([120, 100]);
    const second = await call('GET', new URL(first.next).pathname + new URL(first.next).search);
    expect(second.json<{ results: unknown[] }>().results).toHaveLength(20);
    expect((await call('GET', '/api/users/users/?page=99')).json()).toEqual({ detail: 'Invalid page.' });
    expect((await call('GET', '/api/users/users/?username=bulk-7')).json()).toMatchObject({ count: 1 });
    expect((await call('GET', '/api/users/users/?username=%00')).statusCode).toBe(400);
  });

  it('shows the trail newest first, with old and new values, up to 1000 a page', async () => {
    const user = await newUser();
    await call('PATCH', `/api/users/users/${user.id}/`, { role: 'operator' });
    const answer = await call('GET', `/api/core/activity-logs/?content_type=user&object_id=${user.id}`);
    const body = answer.json<{ count: number; results: Record<string, unknown>[] }>();
    expect(body.count).toBe(2);
    expect(body.results[0]).toMatchObject({
      user: 1,
      user_name: 'admin',
      action: 'update',
      action_display: 'Update',
      content_type: 'user',
      object_id: String(user.id),
      object_repr: `person-${sequence}`,
      changes: { role: { old: 'viewer', new: 'operator' } },
      ip_address: '127.0.0.1',
      user_agent: 'spec/1',
    });
    expect(Object.keys(body.results[0]?.['changes'] as object)).toEqual(['role']);
    const pages = await call('GET', '/api/core/activity-logs/');
    expect(pages.json<{ results: unknown[] }>().results).toHaveLength(25);
    const large = await call('GET', '/api/core/activity-logs/?page_size=5000');
    expect(large.json<{ count: number; results: unknown[] }>().results.length).toBeLessThanOrEqual(1000);
  });

  it.each([['update audit_events set action = $$x$$'], ['delete from audit_events'], ['truncate audit_events']])(
    'the trail can only grow: %s',
    async (statement) => {
      await expect(sql(statement)).rejects.toThrow('append-only');
    },
  );

  it('refuses the change when its record cannot be written', async () => {
    await sql(`alter table audit_events add constraint spec_blocks check (action <> 'toggle_active') not valid`);
    try {
      const user = await newUser();
      expect((await call('POST', `/api/users/users/${user.id}/toggle_active/`)).statusCode).toBeGreaterThanOrEqual(400);
      expect(await sql('select is_active from users where id = $1', [user.id])).toEqual([{ is_active: true }]);
    } finally {
      await sql('alter table audit_events drop constraint spec_blocks');
    }
  });

  it('records nothing when the change is not made in the end', async () => {
    const user = await newUser();
    await sql(
      `create function spec_fails() returns trigger language plpgsql as $$ begin raise exception 'no' using errcode = '23514'; end $$`,
    );
    await sql(`create constraint trigger spec_fails_at_commit after update on users deferrable initially deferred
      for each row execute function spec_fails()`);
    try {
      const before = await trail('user', user.id);
      expect((await call('POST', `/api/users/users/${user.id}/toggle_active/`)).statusCode).toBeGreaterThanOrEqual(400);
      expect(await trail('user', user.id)).toEqual(before);
    } finally {
      await sql('drop function spec_fails cascade');
    }
  });
});

import { ADMIN_PASSWORD } from '../support/app.js';
import { FleetApp, problemOf, tokenOf } from './fleet.js';

interface UserBody {
  readonly id: number;
  readonly username: string;
  readonly role: string;
  readonly version: number;
  readonly active: boolean;
}
interface TokenBody {
  readonly id: number;
  readonly key: string | null;
  readonly username: string;
}

describe('users, tokens, workers and the audit trail in /fleet/v1', () => {
  let fleet: FleetApp;
  beforeAll(async () => {
    fleet = await FleetApp.start();
  });
  afterAll(() => fleet.close());

  let sequence = 0;
  async function user(more: object = {}): Promise<UserBody> {
    const answer = await fleet.call('POST', '/users', {
      username: `person-${++sequence}`,
      password: 'long enough',
      role: 'operator',
      ...more,
    });
    if (answer.statusCode !== 201) throw new Error(answer.body);
    return answer.json<UserBody>();
  }
  const match = ({ version }: UserBody) => ({ headers: { 'if-match': `"${version}"` } });

  it('makes, shows, changes and deletes a user, with a record of each', async () => {
    const made = await user({ email: 'p@example.org' });
    expect(made).toMatchObject({ role: 'operator', active: true, email: 'p@example.org' });
    const path = `/users/${made.id}`;
    const shown = await fleet.call('GET', path);
    expect(shown.headers.etag).toBe(`"${made.version}"`);
    expect(shown.body).not.toMatch(/scrypt|password|long enough/);
    const changed = await fleet.call('PATCH', path, { role: 'viewer', password: 'another one' }, match(made));
    expect(changed.json()).toMatchObject({ role: 'viewer', email: 'p@example.org' });
    const stale = await fleet.call('PATCH', path, { role: 'admin' }, match(made));
    expect([stale.statusCode, problemOf(stale)]).toEqual([412, 'outdated']);
    const blind = await fleet.call('PATCH', path, { role: 'admin' });
    expect([blind.statusCode, problemOf(blind)]).toEqual([428, 'precondition_required']);
    expect((await fleet.call('DELETE', path, undefined, match(made))).statusCode).toBe(412);
    expect((await fleet.call('DELETE', path)).statusCode).toBe(428);
    expect((await fleet.call('DELETE', path, undefined, match(changed.json<UserBody>()))).statusCode).toBe(204);
    expect((await fleet.call('GET', path)).statusCode).toBe(404);
    const trail = await fleet.get<{ items: { action: string; user_name: string }[] }>(
      `/audit?object_type=user&object_id=${made.id}`,
    );
    expect(trail.items.map(({ action }) => action)).toEqual(['delete', 'set_password', 'update', 'create']);
    expect(JSON.stringify(trail)).not.toMatch(/scrypt|long enough|another one/);
  });

  it('makes one user for a request that is sent twice, and keeps nothing of the password with the key', async () => {
    const body = { username: 'twice', password: 'long enough', role: 'viewer' };
    const headers = { 'idempotency-key': 'one-user' };
    const first = await fleet.call('POST', '/users', body, { headers });
    const second = await fleet.call('POST', '/users', body, { headers });
    expect([first.statusCode, second.statusCode]).toEqual([201, 201]);
    expect(second.json<UserBody>().id).toBe(first.json<UserBody>().id);
    const taken = await fleet.call('POST', '/users', body);
    expect([taken.statusCode, problemOf(taken)]).toEqual([400, 'username_taken']);
  });

  it('keeps the last administrator', async () => {
    const { items } = await fleet.get<{ items: UserBody[] }>('/users?role=admin');
    const answer = await fleet.call('PATCH', `/users/${items[0]!.id}`, { role: 'viewer' }, match(items[0]!));
    expect([answer.statusCode, problemOf(answer)]).toEqual([409, 'last_admin']);
  });

  it.each([
    [{}, '/username'],
    [{ username: 'x', password: 'short', role: 'viewer' }, '/password'],
    [{ username: 'x', password: 'long enough', role: 'king' }, '/role'],
    [{ username: 'x', password: 'long enough', role: 'viewer', email: 'no' }, '/email'],
    [{ username: 'x', password: 'long enough', role: 'viewer', email: null }, '/email'],
    [{ username: 'x', password: 'long enough', role: 'viewer', is_superuser: true }, '/is_superuser'],
    [{ username: ['x'], password: 'long enough', role: 'viewer' }, '/username'],
  ])('refuses the user %j', async (body, pointer) => {
    const answer = await fleet.call('POST', '/users', body);
    expect([answer.statusCode, problemOf(answer)]).toEqual([400, 'invalid_fields']);
    expect(answer.json<{ errors: { pointer: string }[] }>().errors.map((error) => error.pointer)).toContain(pointer);
  });

  it('shows a token’s key once, and a repetition without it', async () => {
    const owner = await user();
    const headers = { 'idempotency-key': 'one-token' };
    const wish = { user: owner.id, description: 'ci', write_enabled: false, expires_at: '2099-01-01T00:00:00Z' };
    const made = (await fleet.call('POST', '/tokens', wish, { headers })).json<TokenBody>();
    expect(made).toMatchObject({ username: owner.username, write_enabled: false, kind: 'api' });
    const again = (await fleet.call('POST', '/tokens', wish, { headers })).json<TokenBody>();
    expect([again.id, again.key]).toEqual([made.id, null]);
    const [stored] = await fleet.sql<{ answer: object }>(`select answer from idempotency_keys where key = 'one-token'`);
    expect(JSON.stringify(stored)).not.toContain(made.key);
    const me = await fleet.call('GET', '/me', undefined, {
      as: null,
      headers: { authorization: `Bearer ${made.key}` },
    });
    expect(me.json()).toMatchObject({
      username: owner.username,
      role: 'operator',
      source: 'bearer',
      write_enabled: false,
    });
    expect((await fleet.call('GET', `/tokens/${made.id}`)).body).not.toContain(made.key);
    const { items } = await fleet.get<{ items: TokenBody[] }>(`/tokens?user=${owner.id}`);
    expect(items.map(({ id }) => id)).toEqual([made.id]);
    expect((await fleet.call('DELETE', `/tokens/${made.id}`)).statusCode).toBe(204);
    const gone = await fleet.call('GET', '/me', undefined, {
      as: null,
      headers: { authorization: `Bearer ${made.key}` },
    });
    expect([gone.statusCode, problemOf(gone)]).toEqual([401, 'invalid_token']);
  });

  it('refuses a network that is none, and an owner who is not there', async () => {
    const network = await fleet.call('POST', '/tokens', { allowed_ips: ['10.0.0.0/99'] });
    expect([network.statusCode, problemOf(network)]).toEqual([400, 'invalid']);
    expect((await fleet.call('POST', '/tokens', { user: 999_999 })).statusCode).toBe(400);
  });

  it('gives a token for a name and a password, and takes it back', async () => {
    const answer = await fleet.call('POST', '/login', { username: 'admin', password: ADMIN_PASSWORD }, { as: null });
    expect(answer.statusCode).toBe(200);
    const { token } = answer.json<{ token: string }>();
    const headers = { authorization: `Bearer ${token}` };
    expect((await fleet.call('GET', '/me', undefined, { as: null, headers })).json()).toMatchObject({
      username: 'admin',
    });
    expect((await fleet.call('POST', '/logout', undefined, { as: null, headers })).statusCode).toBe(204);
    expect((await fleet.call('GET', '/me', undefined, { as: null, headers })).statusCode).toBe(401);
    const wrong = await fleet.call('POST', '/login', { username: 'admin', password: 'no' }, { as: null });
    expect([wrong.statusCode, problemOf(wrong)]).toEqual([401, 'invalid_credentials']);
  });

  it.each(['/users', '/tokens', '/audit', '/audit/export'])('shows %s to administrators only', async (path) => {
    for (const as of ['operator', 'viewer'] as const) {
      const answer = await fleet.call('GET', path, undefined, { as });
      expect([answer.statusCode, problemOf(answer)]).toEqual([403, 'role']);
    }
    expect((await fleet.call('GET', path)).statusCode).toBe(200);
  });

  it('lists the audit trail by who, what and when', async () => {
    await tokenOf(fleet.running, 'nina', 'viewer');
    const all = await fleet.get<{ items: { id: string; at: string }[]; next_cursor: string | null }>('/audit?limit=2');
    expect(all.items).toHaveLength(2);
    const rest = await fleet.get<{ items: { id: string }[] }>(`/audit?limit=500&cursor=${all.next_cursor}`);
    const rows = await fleet.sql<{ id: string }>('select id from audit_events order by at desc, id desc');
    expect([...all.items, ...rest.items].map(({ id }) => id)).toEqual(rows.map(({ id }) => id));
    const created = await fleet.get<{ items: { action: string; user_name: string }[] }>(
      '/audit?action=create&user=admin',
    );
    expect(created.items.length).toBeGreaterThan(0);
    expect(new Set(created.items.map(({ action, user_name }) => `${action} ${user_name}`))).toEqual(
      new Set(['create admin']),
    );
    const before = await fleet.get<{ items: unknown[] }>('/audit?before=2001-01-01T00:00:00Z');
    expect(before.items).toEqual([]);
  });

  it('exports the trail as lines of JSON with their places in the chain', async () => {
    const count = async () => {
      const [row] = await fleet.sql<{ sealed: string; all: string }>(
        'select (select count(*) from audit_chain) as sealed, (select count(*) from audit_events) as all',
      );
      return row!;
    };
    for (const end = Date.now() + 60_000; (await count()).sealed !== (await count()).all;) {
      if (Date.now() > end) throw new Error('never sealed');
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    const answer = await fleet.call('GET', '/audit/export');
    expect(answer.headers['content-type']).toBe('application/x-ndjson');
    const lines = answer.body
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { seq: number; hash: string; row: object });
    expect(lines).toHaveLength(Number((await count()).all));
    expect(lines[0]).toMatchObject({ seq: 1, hash: expect.stringMatching(/^[0-9a-f]{64}$/) as string });
    const rest = await fleet.call('GET', `/audit/export?after_seq=${lines.at(-2)!.seq}`);
    expect(rest.body.trimEnd().split('\n')).toHaveLength(1);
  });
});

describe('workers and targets in /fleet/v1', () => {
  let fleet: FleetApp;
  beforeAll(async () => {
    fleet = await FleetApp.start({ config: { role: 'all' } });
    await fleet.sql(`insert into sites (name) values ('berlin')`);
    await fleet.sql(
      `insert into devices (hostname, ip_address, platform, version, site_id, tags)
       select 'sw' || n, '127.0.0.1', 'simulated', '1.0', (select id from sites), case when n = 2 then '["lab"]'::jsonb else '[]' end
       from generate_series(1, 5) n`,
    );
  });
  afterAll(() => fleet.close());

  it('shows the processes that run steps', async () => {
    const { items } = await fleet.get<{ items: { id: string; slots: number; running: number }[] }>('/workers');
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({ running: 0, stopping: false, pid: process.pid });
    expect(await fleet.get(`/workers/${items[0]!.id}`)).toMatchObject({ slots: items[0]!.slots });
    expect((await fleet.call('GET', '/workers/00000000-0000-4000-8000-000000000000')).statusCode).toBe(404);
  });

  it('names the kinds of targets of every dialect, and what can be done to them', async () => {
    const { items } = await fleet.get<{ items: { kind: string; dialect: string; actions: { name: string }[] }[] }>(
      '/targets',
    );
    const known = items.map(
      ({ kind, dialect, actions }) => `${dialect} ${kind}: ${actions.map(({ name }) => name).join(' ')}`,
    );
    expect(known).toEqual(
      expect.arrayContaining([
        'upgrade device: upgrade',
        'fuel cluster: deploy update',
        'fuel node: deploy',
        'nodepool pool-node: delete',
        'nodepool disk-image: build upload',
        'environments environment: workflow',
      ]),
    );
  });

  it('lists the targets of a kind over pages, with filters, and every kind answers', async () => {
    type Page = {
      items: { id: string; label: string; site: string | null; tags: string[] }[];
      next_cursor: string | null;
    };
    const first = await fleet.get<Page>('/targets/device?limit=3');
    const second = await fleet.get<Page>(`/targets/device?limit=3&cursor=${first.next_cursor}`);
    expect([...first.items, ...second.items].map(({ label }) => label)).toEqual(['sw1', 'sw2', 'sw3', 'sw4', 'sw5']);
    expect(second.next_cursor).toBeNull();
    const lab = await fleet.get<Page>('/targets/device?tag=lab&site=berlin&text=SW');
    expect(lab.items).toMatchObject([{ label: 'sw2', site: 'berlin', tags: ['lab'] }]);
    expect((await fleet.get<Page>('/targets/device?state=Unknown&limit=1')).items).toHaveLength(1);
    const { items } = await fleet.get<{ items: { kind: string }[] }>('/targets');
    for (const { kind } of items) {
      expect((await fleet.call('GET', `/targets/${kind}`)).statusCode).toBe(200);
      const missing = await fleet.call('GET', `/targets/${kind}/${encodeURIComponent("no'body \u0000 x")}`);
      expect([missing.statusCode, problemOf(missing)]).toEqual([404, 'not_found']);
    }
    const one = await fleet.get<{ label: string }>(`/targets/device/${first.items[0]!.id}`);
    expect(one.label).toBe('sw1');
    // A name is not an address.
    expect((await fleet.call('GET', '/targets/device/sw1')).statusCode).toBe(404);
    expect((await fleet.get<Page>(`/targets/device/${first.items[0]!.id}/jobs`)).items).toEqual([]);
    expect((await fleet.call('GET', '/targets/spaceship')).statusCode).toBe(404);
    expect((await fleet.call('GET', `/targets/device?cursor=${first.next_cursor}&tag=lab`)).statusCode).toBe(400);
  });
});

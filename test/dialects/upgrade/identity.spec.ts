import { AuthService } from '../../../src/auth/auth.service.js';
import { matchesPassword, unmatchableHash } from '../../../src/auth/password-hash.js';
import { TokensService } from '../../../src/auth/tokens.service.js';
import { ADMIN_PASSWORD, ADMIN_TOKEN, startTestApp, type TestApp } from '../../support/app.js';
import type { TestAnswer } from '../../support/request.js';

const ME = '/api/auth/me/';

describe('identity in the Upgrade dialect', () => {
  let running: TestApp;
  beforeAll(async () => {
    running = await startTestApp();
  });
  afterAll(() => running.close());

  const as = (authorization: string, url = ME, method = 'GET', payload?: unknown): Promise<TestAnswer> =>
    running.inject({ method, url, payload, headers: { authorization } });
  const admin = (method: string, url: string, payload?: unknown) => as(`Token ${ADMIN_TOKEN}`, url, method, payload);
  const login = (username: unknown, password: unknown) =>
    running.inject({ method: 'POST', url: '/api/auth/login/', payload: { username, password } });
  const basic = (username: string, password: string) =>
    `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

  async function comparisonTime(): Promise<number> {
    const times: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      const start = performance.now();
      await matchesPassword('wrong', unmatchableHash());
      times.push(performance.now() - start);
    }
    return Math.min(...times);
  }

  let sequence = 0;
  async function newUser(role = 'viewer', password = 'a pass:word: of ☂'): Promise<{ id: number; username: string }> {
    const username = `user-${++sequence}`;
    const answer = await admin('POST', '/api/users/users/', { username, password, role });
    expect(answer.statusCode).toBe(201);
    return answer.json<{ id: number; username: string }>();
  }
  async function newToken(wish: object): Promise<{ id: number; key: string; key_preview: string }> {
    const answer = await admin('POST', '/api/users/tokens/', wish);
    expect([answer.statusCode, answer.body]).toEqual([201, answer.body]);
    return answer.json();
  }
  async function events(objectType: string, objectId: number): Promise<{ action: string; user_name: string }[]> {
    return running.database.dataSource.query(
      'select action, user_name, address, source from audit_events where object_type = $1 and object_id = $2 order by id',
      [objectType, String(objectId)],
    );
  }

  describe('log-in', () => {
    it('hands out a token for a form, which opens the API (case 1)', async () => {
      const answer = await running.inject({
        method: 'POST',
        url: '/api/auth/login/',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        payload: `username=admin&password=${encodeURIComponent(ADMIN_PASSWORD)}`,
      });
      expect(answer.statusCode).toBe(200);
      const body = answer.json<{ token: string; expires: string }>();
      expect(body).toMatchObject({ username: 'admin', is_staff: true, is_superuser: true, groups: [] });
      expect(body.token).toMatch(/^[A-Za-z0-9]{40}$/);
      expect(Date.parse(body.expires) - Date.now()).toBeGreaterThan(11.9 * 3_600_000);
      const me = await as(`Token ${body.token}`);
      expect(me.statusCode).toBe(200);
      expect(me.json()).toMatchObject({ id: 1, username: 'admin', email: '', is_superuser: true });
      expect(me.json<{ permissions: string[] }>().permissions).toContain('devices.upgrade_device_firmware');
    });

    it('answers a wrong password, an unknown and a disabled user alike, also in time (case 2)', async () => {
      const disabled = await newUser();
      await admin('POST', `/api/users/users/${disabled.id}/toggle_active/`);
      const before = await comparisonTime();
      const times: number[] = [];
      for (const [username, password] of [
        ['admin', 'wrong'],
        ['nobody', 'wrong'],
        [disabled.username, 'a pass:word: of ☂'],
        [disabled.username, 'wrong'],
      ] as const) {
        const start = performance.now();
        const answer = await login(username, password);
        times.push(performance.now() - start);
        expect([answer.statusCode, answer.body]).toEqual([401, '{"error":"Invalid credentials"}']);
        expect(answer.headers['www-authenticate']).toBe('Token');
      }
      // Each costs a whole comparison; without one an answer takes a few milliseconds. Measured before and after: either may
      // have been slowed down by something else on the machine.
      expect(Math.min(...times)).toBeGreaterThan(Math.min(before, await comparisonTime()) / 4);
    });

    it.each([
      [{}],
      [{ username: 'admin' }],
      [{ username: '', password: 'x' }],
      [{ username: 'admin', password: '' }],
      [{ username: 5, password: true }],
      [{ username: ['admin'], password: { a: 1 } }],
      [{ username: null, password: null }],
    ])('asks for both fields: %j', async (payload) => {
      const answer = await running.inject({ method: 'POST', url: '/api/auth/login', payload });
      expect([answer.statusCode, answer.body]).toEqual([400, '{"error":"Username and password required"}']);
    });

    it.each([['[]'], ['[1]'], ['5'], ['"x"']])('refuses the body %s', async (payload) => {
      const headers = { 'content-type': 'application/json' };
      const answer = await running.inject({ method: 'POST', url: '/api/auth/login/', payload, headers });
      expect(answer.statusCode).toBe(400);
      expect(answer.json()).toEqual({ error: 'Invalid request', message: 'Request body must be a JSON object' });
    });

    it.each([
      ['a NUL', 'ad\0min', 'x'],
      ['half a character', '\ud800', '\udfff'],
      ['a long name', 'n'.repeat(100_000), 'x'],
      ['a long password', 'admin', 'p'.repeat(1_000_000)],
      ['a right-to-left mark', '\u202eadmin', ADMIN_PASSWORD],
    ])('refuses %s like any wrong name', async (_what, username, password) => {
      expect((await login(username, password)).statusCode).toBe(401);
    });

    it('finds a user by another spelling of the same name', async () => {
      const answer = await login('ａｄｍｉｎ', ADMIN_PASSWORD);
      expect(answer.statusCode).toBe(200);
    });

    it('keeps two hundred log-in tokens of a user and drops those not used for longest', async () => {
      const { id, username } = await newUser();
      const logIn = () => login(username, 'a pass:word: of ☂');
      const [used, idle] = [(await logIn()).json<{ token: string }>(), (await logIn()).json<{ token: string }>()];
      const minutesAgo = `update tokens set created_at = now() - interval '9 min' where user_id = $1`;
      await running.database.dataSource.query(minutesAgo, [id]);
      expect((await as(`Token ${used.token}`)).statusCode).toBe(200);
      const answers = await Promise.all(Array.from({ length: 199 }, logIn));
      expect(answers.map((answer) => answer.statusCode)).toEqual(Array(199).fill(200));
      const left = [(await as(`Token ${used.token}`)).statusCode, (await as(`Token ${idle.token}`)).statusCode];
      const [{ count }] = await running.database.dataSource.query<[{ count: string }]>(
        `select count(*) from tokens where user_id = $1 and kind = 'login'`,
        [id],
      );
      expect([Number(count), ...left]).toEqual([200, 200, 401]);
    });

    it('housekeeping removes log-in tokens that ran out a day ago, and no others', async () => {
      const { id, username } = await newUser();
      const held = [await newToken({ user: id, expires: '2020-01-01T00:00:00Z' })];
      await login(username, 'a pass:word: of ☂');
      await login(username, 'a pass:word: of ☂');
      const { dataSource } = running.database;
      await dataSource.query(
        `update tokens set expires_at = now() - interval '25 hours'
         where id = (select max(id) from tokens where user_id = $1 and kind = 'login')`,
        [id],
      );
      const tokens = running.app.get(TokensService, { strict: false });
      const removed = await dataSource.transaction((tx) => tokens.removeExpiredLogins(tx, new Date()));
      expect(removed).toBe(1);
      const left = await dataSource.query<{ kind: string }[]>(
        'select kind from tokens where user_id = $1 order by id',
        [id],
      );
      expect(left.map(({ kind }) => kind)).toEqual(['api', 'login']);
      expect((await as(`Token ${held[0]?.key}`)).json()).toEqual({ detail: 'API key has expired' });
    });

    it('log-out takes back the token it is made with, and no other', async () => {
      const { username, id } = await newUser();
      const [one, two] = await Promise.all([
        login(username, 'a pass:word: of ☂'),
        login(username, 'a pass:word: of ☂'),
      ]);
      const answer = await as(`Token ${one.json<{ token: string }>().token}`, '/api/auth/logout/', 'POST');
      expect([answer.statusCode, answer.json()]).toEqual([200, { message: 'Logged out successfully' }]);
      expect((await as(`Token ${one.json<{ token: string }>().token}`)).json()).toEqual({ detail: 'Invalid API key' });
      expect((await as(`Token ${two.json<{ token: string }>().token}`)).statusCode).toBe(200);
      const actions = (await events('user', id)).map(({ action }) => action);
      expect(actions).toEqual(['create', 'login', 'login', 'logout']);
    });
  });

  describe('credentials', () => {
    const NOT_PROVIDED = { detail: 'Authentication credentials were not provided.' };
    it.each([
      ['no header', {}, NOT_PROVIDED],
      ['an unknown Bearer', { authorization: 'Bearer x' }, NOT_PROVIDED],
      ['wrong basic', { authorization: `Basic ${Buffer.from('admin:wrong').toString('base64')}` }, NOT_PROVIDED],
      ['basic that is no base64', { authorization: 'Basic %%%' }, NOT_PROVIDED],
      ['basic without a colon', { authorization: `Basic ${Buffer.from('admin').toString('base64')}` }, NOT_PROVIDED],
      ['an empty token', { authorization: 'Token ' }, NOT_PROVIDED],
      ['another scheme', { authorization: `Digest ${ADMIN_TOKEN}` }, NOT_PROVIDED],
      ['a bare key', { authorization: ADMIN_TOKEN }, NOT_PROVIDED],
      ['an unknown token', { authorization: 'Token nope' }, { detail: 'Invalid API key' }],
      ['a huge token', { authorization: `Token ${'x'.repeat(10_000)}` }, { detail: 'Invalid API key' }],
      ['a token beyond ASCII', { authorization: 'Token \u00e9\u00ff' }, { detail: 'Invalid API key' }],
    ])('%s is refused in the words of the original (case 3)', async (_what, headers, body) => {
      const answer = await running.inject({ url: ME, headers });
      expect([answer.statusCode, answer.json()]).toEqual([401, body]);
      expect(answer.headers['www-authenticate']).toBe('Token');
    });

    it.each([
      [`Token ${ADMIN_TOKEN}`],
      [`token ${ADMIN_TOKEN}`],
      [`TOKEN   ${ADMIN_TOKEN}  `],
      [`Bearer ${ADMIN_TOKEN}`],
      [`bEARER ${ADMIN_TOKEN}`],
      [basic('admin', ADMIN_PASSWORD)],
      [basic('admin', ADMIN_PASSWORD).replace('Basic', 'basic')],
    ])('takes %s', async (authorization) => {
      expect((await as(authorization)).json()).toMatchObject({ username: 'admin' });
    });

    it('takes a basic password with colons and characters beyond ASCII', async () => {
      const { username } = await newUser();
      expect((await as(basic(username, 'a pass:word: of ☂'))).json()).toMatchObject({ username });
      expect((await as(basic(username, 'a pass'))).statusCode).toBe(401);
    });

    it('refuses an expired token and one whose owner is disabled (case 3)', async () => {
      const { id } = await newUser();
      const expired = await newToken({ user: id, expires: '2020-01-01T00:00:00Z' });
      const owned = await newToken({ user: id });
      expect((await as(`Token ${expired.key}`)).json()).toEqual({ detail: 'API key has expired' });
      expect((await as(`Token ${owned.key}`)).statusCode).toBe(200);
      await admin('POST', `/api/users/users/${id}/toggle_active/`);
      const refused = await as(`Token ${owned.key}`);
      expect([refused.statusCode, refused.json()]).toEqual([401, { detail: 'User account is disabled' }]);
      expect(refused.headers['www-authenticate']).toBe('Token');
    });

    it('lets a read-only token read and nothing else (case 12)', async () => {
      const { key } = await newToken({ write_enabled: false });
      expect((await as(`Token ${key}`)).statusCode).toBe(200);
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
        const url = method === 'POST' ? '/api/users/users/' : '/api/users/users/1/';
        const answer = await as(`Token ${key}`, url, method, {});
        expect([answer.statusCode, answer.json()]).toEqual([403, { detail: 'Token is read-only.' }]);
      }
    });

    it('takes a token only from the networks it allows', async () => {
      const elsewhere = await newToken({ allowed_ips: '10.0.0.0/8, 2001:db8::/32' });
      const here = await newToken({ allowed_ips: ['::ffff:127.0.0.0/104'] });
      const answer = await as(`Token ${elsewhere.key}`);
      expect([answer.statusCode, answer.json()]).toEqual([403, { detail: 'Client IP not permitted for this token.' }]);
      expect((await as(`Token ${here.key}`)).statusCode).toBe(200);
    });

    it('believes X-Forwarded-For from nobody unless told', async () => {
      const { key } = await newToken({ allowed_ips: ['10.1.2.3'] });
      const headers = { authorization: `Token ${key}`, 'x-forwarded-for': '10.1.2.3' };
      expect((await running.inject({ url: ME, headers })).statusCode).toBe(403);
      const proxied = await startTestApp({ database: running.database, config: { trustedProxies: ['127.0.0.1'] } });
      try {
        expect((await proxied.inject({ url: ME, headers })).statusCode).toBe(200);
      } finally {
        await proxied.close();
      }
    });

    it('notes the use of a token at most once a minute', async () => {
      const { id, key } = await newToken({});
      const used = async (): Promise<string> => {
        await as(`Token ${key}`);
        const [row] = await running.database.dataSource.query<[{ xmin: string; last_used_at: Date | null }]>(
          'select xmin::text, last_used_at from tokens where id = $1',
          [id],
        );
        expect(row.last_used_at).not.toBeNull();
        return row.xmin;
      };
      expect(await used()).toBe(await used());
      const before = await used();
      await running.database.dataSource.query(
        `update tokens set last_used_at = now() - interval '61 seconds' where id = $1`,
        [id],
      );
      expect(await used()).not.toBe(before);
    });

    it('still serves one application when another in the same process was made later and closed', async () => {
      const other = await startTestApp({ database: running.database });
      await other.close();
      expect((await as(`Token ${ADMIN_TOKEN}`)).statusCode).toBe(200);
    });

    it('sees a new password or a disabled owner at once, although it remembers basic passwords', async () => {
      const { id, username } = await newUser();
      const header = basic(username, 'a pass:word: of ☂');
      expect((await as(header)).statusCode).toBe(200);
      await admin('POST', `/api/users/users/${id}/set_password/`, { password: 'another one' });
      expect((await as(header)).statusCode).toBe(401);
      expect((await as(basic(username, 'another one'))).statusCode).toBe(200);
      await admin('POST', `/api/users/users/${id}/toggle_active/`);
      expect((await as(basic(username, 'another one'))).statusCode).toBe(401);
    });
  });

  it('opens users, tokens, groups and the audit trail to administrators only (case 12)', async () => {
    for (const role of ['viewer', 'operator']) {
      const { id } = await newUser(role);
      const { key } = await newToken({ user: id });
      for (const path of [
        'users/users',
        'users/users/1',
        'users/tokens',
        'users/groups',
        'users/permissions',
        'core/activity-logs',
      ]) {
        const answer = await as(`Token ${key}`, `/api/${path}/`);
        expect([answer.statusCode, answer.json()]).toEqual([
          403,
          { detail: 'You do not have permission to perform this action.' },
        ]);
      }
      // Who may not is told so before anybody looks at the body.
      expect((await as(`Token ${key}`, '/api/users/users/', 'POST', {})).statusCode).toBe(403);
    }
    for (const path of ['users/users', 'users/tokens', 'users/groups', 'users/permissions', 'core/activity-logs']) {
      const answer = await admin('GET', `/api/${path}`);
      expect(answer.statusCode).toBe(200);
      expect(Object.keys(answer.json())).toEqual(['count', 'next', 'previous', 'results']);
    }
  });

  it('hands the same identity to every dialect through AuthService', async () => {
    const auth = running.app.get(AuthService, { strict: false });
    const principal = await auth.authenticate({ scheme: 'x-auth-token', key: ADMIN_TOKEN }, { address: '192.0.2.7' });
    expect(principal).toMatchObject({ username: 'admin', role: 'admin', address: '192.0.2.7', source: 'x-auth-token' });
  });
});

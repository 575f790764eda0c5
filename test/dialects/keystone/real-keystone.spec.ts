import { setTimeout as sleep } from 'node:timers/promises';
import { ADMIN_TOKEN, startTestApp, type TestApp } from '../../support/app.js';
import { hasKeystone, RealKeystone } from '../../support/real-keystone.js';
import type { TestAnswer } from '../../support/request.js';

const CACHE_SECONDS = 10;
/** Keystone's server takes one request at a time, each up to seconds where the machine has much to do. */
const SLOW_MS = 300_000;
const title = hasKeystone()
  ? 'a real Keystone'
  : 'a real Keystone (skipped: there is none; Debian has python3-keystone)';
const withKeystone = hasKeystone() ? describe : describe.skip;

withKeystone(title, () => {
  let keystone: RealKeystone;
  let running: TestApp;
  beforeAll(async () => {
    keystone = await RealKeystone.start();
    await keystone.addUser('slipway', 'service secret', 'admin', 'service');
    for (const role of ['admin', 'member', 'reader']) await keystone.addUser(`a-${role}`, 'pw', role, 'fleet');
    await keystone.addUser('roleless', 'pw', null, 'fleet');
    running = await startTestApp({ config: settings() });
  }, SLOW_MS);
  afterAll(async () => {
    await running?.close();
    await keystone?.remove();
  });

  const settings = () => ({
    keystoneAuthUrl: keystone.authUrl,
    keystoneServiceUsername: 'slipway',
    keystoneServicePassword: 'service secret',
    keystoneCacheSeconds: CACHE_SECONDS,
    keystoneTimeout: 60,
  });
  const asks = (token: string, method = 'GET', url = '/api/dcim/sites/', app = running): Promise<TestAnswer> =>
    app.inject({ method, url, headers: { 'x-auth-token': token }, payload: method === 'GET' ? undefined : {} });
  const status = async (...args: Parameters<typeof asks>): Promise<number> => (await asks(...args)).statusCode;
  /** Asks until the answer is this one; the last one where that takes too long. */
  const becomes = async (expected: number, token: string, app = running): Promise<number> => {
    const until = Date.now() + 120_000;
    let last = await status(token, 'GET', '/api/dcim/sites/', app);
    while (last !== expected && Date.now() < until) {
      await sleep(100);
      last = await status(token, 'GET', '/api/dcim/sites/', app);
    }
    return last;
  };

  it(
    'vouches for its tokens, in every header that takes one',
    async () => {
      const token = await keystone.token('a-reader', 'pw', 'fleet');
      for (const scheme of ['Bearer', 'Token']) {
        const headers = { authorization: `${scheme} ${token}` };
        expect((await running.inject({ url: '/api/dcim/sites/', headers })).statusCode).toBe(200);
      }
      const me = await asks(token, 'GET', '/api/auth/me');
      expect(me.json()).toMatchObject({ id: null, username: 'a-reader', groups: ['viewer'] });
    },
    SLOW_MS,
  );

  it(
    'gives the roles its users have there',
    async () => {
      const may = async (name: string) => {
        const token = await keystone.token(name, 'pw', 'fleet');
        // The bodies are wrong: 400 says that it was allowed.
        const changes = await status(token, 'POST', '/api/dcim/sites/');
        const administers = await status(token, 'GET', '/api/users/users/');
        return { reads: await status(token), changes, administers };
      };
      expect(await may('a-reader')).toEqual({ reads: 200, changes: 403, administers: 403 });
      expect(await may('a-member')).toEqual({ reads: 200, changes: 400, administers: 403 });
      expect(await may('a-admin')).toEqual({ reads: 200, changes: 400, administers: 200 });
    },
    SLOW_MS,
  );

  it(
    'gives nothing to a token without a role, or that it did not make',
    async () => {
      expect(await status(await keystone.token('roleless', 'pw'))).toBe(403);
      expect(await status('gAAAAABinvented')).toBe(401);
    },
    SLOW_MS,
  );

  it(
    'is named in the audit trail beside who did it',
    async () => {
      const token = await keystone.token('a-admin', 'pw', 'fleet');
      const made = await running.inject({
        method: 'POST',
        url: '/api/users/users/',
        headers: { 'x-auth-token': token },
        payload: { username: 'made-from-outside', password: 'long enough' },
      });
      expect(made.statusCode).toBe(201);
      const rows = await running.database.dataSource.query<unknown[]>(
        `select user_id, user_name, source from audit_events where object_repr = 'made-from-outside'`,
      );
      expect(rows).toEqual([{ user_id: null, user_name: 'a-admin', source: 'external' }]);
    },
    SLOW_MS,
  );

  it(
    'has a token refused here within the cache time of its revocation',
    async () => {
      const token = await keystone.token('a-reader', 'pw', 'fleet');
      expect(await status(token)).toBe(200);
      await keystone.call('DELETE', '/v3/auth/tokens', undefined, {
        'x-auth-token': await keystone.adminToken(),
        'x-subject-token': token,
      });
      const revokedAt = Date.now();
      let lastTaken = 0;
      for (let askedAt = Date.now(); (await status(token)) === 200; askedAt = Date.now()) {
        lastTaken = askedAt - revokedAt;
        await sleep(100);
      }
      // However slow the machine: what is asked later than this is refused.
      expect(lastTaken).toBeLessThanOrEqual(CACHE_SECONDS * 1000);
      expect(await status(token)).toBe(401);
    },
    SLOW_MS,
  );

  it(
    'refuses our wrong password: a clear 503 for its tokens, and health says why',
    async () => {
      const config = { ...settings(), keystoneServicePassword: 'wrong' };
      const other = await startTestApp({ database: running.database, config });
      try {
        const answer = await asks(await keystone.token('a-reader', 'pw', 'fleet'), 'GET', '/api/dcim/sites/', other);
        expect([answer.statusCode, answer.json()]).toEqual([
          503,
          { detail: 'Service temporarily unavailable, try again later.' },
        ]);
        expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
        const health = await other.inject('/health/ready');
        expect(health.statusCode).toBe(200);
        expect(health.json()).toMatchObject({
          details: { keystone: { answers: false, problem: 'Keystone refused the log-in of our service user' } },
        });
        expect(await status(ADMIN_TOKEN, 'GET', '/api/dcim/sites/', other)).toBe(200);
      } finally {
        await other.close();
      }
    },
    SLOW_MS,
  );

  it(
    'is gone: 503 for its tokens, ours go on; and back: its tokens work again without our restart',
    async () => {
      const token = await keystone.token('a-reader', 'pw', 'fleet');
      await keystone.stop();
      const answer = await asks(token);
      expect(answer.statusCode).toBe(503);
      expect(answer.headers['retry-after']).toBeDefined();
      expect(await status(ADMIN_TOKEN)).toBe(200);
      const login = { username: 'made-from-outside', password: 'long enough' };
      expect((await running.inject({ method: 'POST', url: '/api/auth/login/', payload: login })).statusCode).toBe(200);
      await keystone.serve();
      expect(await becomes(200, token)).toBe(200);
      expect((await running.inject('/health/ready')).json()).toMatchObject({
        details: { keystone: { answers: true } },
      });
    },
    SLOW_MS,
  );
});

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { jest } from '@jest/globals';
import { Unavailable } from '../../src/common/errors.js';
import { ExternalKeystone, type ExternalOptions, type Outcome } from '../../src/keystone/external/external-keystone.js';
import { KeystoneApi } from '../../src/keystone/external/keystone-api.js';
import type { KeystoneProblem } from '../../src/keystone/external/keystone-problem.js';
import { ServiceSession } from '../../src/keystone/external/service-session.js';
import { answer, KeystoneDouble, tokenBody } from './keystone-double.js';

const LOGIN = {
  username: 'slipway',
  password: 'service password',
  userDomain: 'Default',
  project: 'service',
  projectDomain: 'Default',
};
const ROLES = new Map([
  ['admin', 'admin'],
  ['member', 'operator'],
  ['reader', 'viewer'],
]);
const TOKEN = 'gAAAAA-a-token';

describe('tokens of an external Keystone', () => {
  let double: KeystoneDouble;
  let clock: number;
  let problems: (KeystoneProblem | null)[];
  let outcomes: Outcome[];

  beforeEach(async () => {
    clock = Date.parse('2026-06-01T00:00:00Z');
    jest.spyOn(Date, 'now').mockImplementation(() => clock);
    double = await KeystoneDouble.start();
    problems = [];
    outcomes = [];
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await double.stop();
  });

  const connect = (given: Partial<ExternalOptions> = {}, timeoutMs = 30_000, url = double.url): ExternalKeystone => {
    const api = new KeystoneApi(url, timeoutMs);
    const options = { roles: ROLES, projects: [], cacheMs: 30_000, ...given };
    return new ExternalKeystone(api, new ServiceSession(api, LOGIN), options, (outcome, problem) => {
      outcomes.push(outcome);
      problems.push(problem);
    });
  };

  it('are asked about with the token of our service user, without the catalog', async () => {
    expect(await connect().identify(TOKEN)).toEqual({
      id: 'c0ffee',
      username: 'ann',
      role: 'operator',
      roleNames: expect.arrayContaining(['member']),
    });
    expect(double.logins).toEqual([
      {
        auth: {
          identity: {
            methods: ['password'],
            password: { user: { name: 'slipway', password: 'service password', domain: { name: 'Default' } } },
          },
          scope: { project: { name: 'service', domain: { name: 'Default' } } },
        },
      },
    ]);
    expect(double.validations).toEqual([
      { serviceKey: 'service-1', subject: TOKEN, path: '/v3/auth/tokens?nocatalog' },
    ]);
  });

  it.each(['', '/v3', '/identity/v3', '/identity'])('at the address %s', async (path) => {
    await connect({}, 30_000, `${double.url}${path}`).identify(TOKEN);
    const expected = path.endsWith('/v3') ? path : `${path}/v3`;
    expect(double.validations[0]?.path).toBe(`${expected}/auth/tokens?nocatalog`);
  });

  it.each([
    [['reader'], 'viewer'],
    [['Member', 'reader'], 'operator'],
    [['reader', 'ADMIN', 'member'], 'admin'],
    [['swiftoperator'], null],
    [[], null],
    [undefined, null],
  ])('with the roles %j give %s', async (names, role) => {
    double.onValidate = (response) =>
      answer(response, 200, tokenBody({ roles: names?.map((name) => ({ id: name, name })) }));
    expect(await connect().identify(TOKEN)).toMatchObject({ role });
  });

  it('give a role only for the projects of the settings, where there are some', async () => {
    expect(await connect({ projects: ['p1'] }).identify(TOKEN)).toMatchObject({ role: 'operator' });
    expect(await connect({ projects: ['x', 'admin'] }).identify(TOKEN)).toMatchObject({ role: 'operator' });
    expect(await connect({ projects: ['other'] }).identify(TOKEN)).toMatchObject({ role: null });
    double.onValidate = (response) => answer(response, 200, tokenBody({ project: undefined }));
    expect(await connect({ projects: ['p1'] }).identify(TOKEN)).toMatchObject({ role: null });
  });

  it('tell users of the same name in other domains apart', async () => {
    const user = { id: 'u2', name: 'ann', domain: { id: 'd2', name: 'lab' } };
    double.onValidate = (response) => answer(response, 200, tokenBody({ user }));
    expect(await connect().identify(TOKEN)).toMatchObject({ id: 'u2', username: 'ann@lab' });
  });

  describe('are remembered', () => {
    it('for as long as the settings say, counted from the question', async () => {
      const keystone = connect();
      double.onValidate = (response) => {
        clock += 20_000;
        answer(response, 200, tokenBody());
      };
      await keystone.identify(TOKEN);
      clock += 9_999;
      await keystone.identify(TOKEN);
      expect(double.validations).toHaveLength(1);
      // Revoked meanwhile: 30 s after it was asked about the token is asked about again.
      double.onValidate = (response) => answer(response, 404, { error: { code: 404 } });
      clock += 1;
      expect(await keystone.identify(TOKEN)).toBeNull();
    });

    it('not at all where the settings say so', async () => {
      const keystone = connect({ cacheMs: 0 });
      await keystone.identify(TOKEN);
      await keystone.identify(TOKEN);
      expect(double.validations).toHaveLength(2);
    });

    it('no longer than they live', async () => {
      const keystone = connect();
      const expires_at = new Date(clock + 10_000).toISOString();
      double.onValidate = (response) => answer(response, 200, tokenBody({ expires_at }));
      expect(await keystone.identify(TOKEN)).not.toBeNull();
      clock += 10_000;
      // Keystone's clock may be behind ours: what has run out by its own words is not taken.
      expect(await keystone.identify(TOKEN)).toBeNull();
      expect(double.validations).toHaveLength(2);
    });

    it('for some seconds where Keystone does not know them', async () => {
      const keystone = connect();
      double.onValidate = (response) => answer(response, 404, '');
      expect([await keystone.identify(TOKEN), await keystone.identify(TOKEN)]).toEqual([null, null]);
      expect(double.validations).toHaveLength(1);
      clock += 5_000;
      double.onValidate = (response) => answer(response, 200, tokenBody());
      expect(await keystone.identify(TOKEN)).not.toBeNull();
    });

    it('as hashes', async () => {
      const keystone = connect();
      await keystone.identify(TOKEN);
      double.onValidate = (response) => answer(response, 404, '');
      await keystone.identify('another-token');
      const kept = inspect(keystone, { depth: 20, showHidden: true, maxArrayLength: null });
      expect(kept).toContain('c0ffee');
      expect(kept).not.toContain(TOKEN);
      expect(kept).not.toContain('another-token');
    });
  });

  it('are asked about once, however many requests show one at the same time', async () => {
    const keystone = connect({ cacheMs: 0 });
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    double.onValidate = async (response) => {
      await gate;
      answer(response, 200, tokenBody());
    };
    const all = Promise.all(Array.from({ length: 50 }, () => keystone.identify(TOKEN)));
    release();
    expect(new Set((await all).map((user) => user?.id))).toEqual(new Set(['c0ffee']));
    expect([double.validations.length, double.logins.length]).toEqual([1, 1]);
  });

  it('are asked about sixteen at a time, and with one log-in', async () => {
    const keystone = connect();
    const held: (() => void)[] = [];
    double.onValidate = async (response) => {
      await new Promise<void>((resolve) => {
        held.push(resolve);
        // A seventeenth would come in this time, and be counted.
        if (held.length === 16) setTimeout(() => held.forEach((next) => next()), 200);
        if (held.length > 16) resolve();
      });
      answer(response, 200, tokenBody());
    };
    await Promise.all(Array.from({ length: 40 }, (_, index) => keystone.identify(`token-${index}`)));
    expect([double.mostAtOnce, double.validations.length, double.logins.length]).toEqual([16, 40, 1]);
  });

  it.each([
    ['a blank', 'a b'],
    ['a letter of another alphabet', 'tök'],
    ['a NUL', 'a\0b'],
    ['too many characters', 'x'.repeat(4097)],
    ['no character', ''],
  ])('that no Keystone makes are not passed on: %s', async (_what, key) => {
    expect(await connect().identify(key)).toBeNull();
    expect([...double.logins, ...double.validations]).toEqual([]);
  });

  describe('when our own token', () => {
    it('is no longer taken, are asked about with a new one', async () => {
      const keystone = connect();
      await keystone.identify(TOKEN);
      double.onValidate = (response, { headers }) =>
        headers['x-auth-token'] === 'service-2' ? answer(response, 200, tokenBody()) : answer(response, 401, '');
      expect(await keystone.identify('another')).not.toBeNull();
      expect(double.validations.map(({ serviceKey }) => serviceKey)).toEqual(['service-1', 'service-1', 'service-2']);
    });

    it('is never taken, are not asked about for ever', async () => {
      double.onValidate = (response) => answer(response, 401, '');
      await expect(connect().identify(TOKEN)).rejects.toThrow(Unavailable);
      expect([double.validations.length, double.logins.length]).toEqual([2, 2]);
    });

    it('is about to end, are asked about with a new one', async () => {
      const keystone = connect({ cacheMs: 0 });
      await keystone.identify(TOKEN);
      clock += 3_600_000 - 60_000;
      await keystone.identify(TOKEN);
      expect(double.validations.map(({ serviceKey }) => serviceKey)).toEqual(['service-1', 'service-2']);
    });

    it('is not given for our password, wait until it is, without trying it every time', async () => {
      const keystone = connect();
      double.onLogin = (response) => answer(response, 401, { error: { code: 401 } });
      for (let time = 0; time < 10; time += 1) await expect(keystone.identify(TOKEN)).rejects.toThrow(Unavailable);
      expect(double.logins).toHaveLength(1);
      expect(problems.at(-1)?.message).toBe('Keystone refused the log-in of our service user');
      double.onLogin = (response) => double.giveServiceToken(response, 'service');
      clock += 5_000;
      expect(await keystone.identify(TOKEN)).not.toBeNull();
      expect(outcomes.at(-1)).toBe('valid');
    });
  });

  describe('are answered with Unavailable where Keystone', () => {
    const refuses = async (keystone = connect()): Promise<string> => {
      const failure: unknown = await keystone.identify(TOKEN).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(Unavailable);
      const told = inspect([failure, problems], { depth: 20 });
      expect(told).not.toContain(TOKEN);
      expect(told).not.toContain(LOGIN.password);
      return problems.at(-1)?.message ?? '';
    };

    it.each([
      ['fails', 500, '{"error":{}}'],
      ['is behind a broken proxy', 502, '<html>'],
      ['has too much to do', 429, ''],
      ['answers a page', 200, '<html>hello</html>'],
      ['answers nothing', 200, ''],
      ['answers null', 200, 'null'],
      ['answers a list', 200, '[]'],
      ['leaves out the token', 200, '{"token":null}'],
      ['leaves out the user', 200, { token: { ...tokenBody().token, user: [] } }],
      ['leaves out the end', 200, { token: { ...tokenBody().token, expires_at: 5 } }],
      ['has another calendar', 200, { token: { ...tokenBody().token, expires_at: 'tomorrow' } }],
    ])('%s', async (_what, status, body) => {
      double.onValidate = (response) => answer(response, status, body);
      expect(await refuses()).toBe(`Keystone answered a validation with ${status} and nothing we understand`);
    });

    it('does not let our user ask', async () => {
      double.onValidate = (response) => answer(response, 403, '');
      expect(await refuses()).toBe('Keystone does not let our service user validate tokens');
    });

    it('sends us elsewhere, where we do not go', async () => {
      let visits = 0;
      const elsewhere = createServer((_request, response) => {
        visits += 1;
        answer(response, 200, tokenBody());
      }).listen(0, '127.0.0.1');
      await once(elsewhere, 'listening');
      const Location = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`;
      double.onValidate = (response) => void response.writeHead(302, { Location }).end();
      expect(await refuses()).toMatch(/with 302/);
      expect(visits).toBe(0);
      await new Promise((resolve) => elsewhere.close(resolve));
    });

    it('does not stop talking', async () => {
      double.onValidate = (response) => {
        const more = (): void => {
          while (response.writable && response.write('x'.repeat(65_536)));
          if (response.writable) response.once('drain', more);
        };
        more();
      };
      expect(await refuses()).toBe('Keystone gave an answer without end');
    });

    it('breaks off in the middle', async () => {
      double.onValidate = (response) => {
        response.writeHead(200, { 'content-length': '1000' });
        response.write('{"token":', () => response.destroy());
      };
      expect(await refuses()).toBe('Keystone cannot be reached');
    });

    it('does not answer', async () => {
      double.onValidate = () => undefined;
      expect(await refuses(connect({}, 200))).toBe('Keystone did not answer within 200 ms');
    });

    it('begins an answer and does not end it', async () => {
      double.onValidate = (response) => void response.writeHead(200).write('{');
      expect(await refuses(connect({}, 500))).toBe('Keystone did not answer within 500 ms');
    });

    it.each([
      ['gives us no token', (response: Parameters<KeystoneDouble['onLogin']>[0]) => answer(response, 201, tokenBody())],
      [
        'gives us a token without an end',
        (response: Parameters<KeystoneDouble['onLogin']>[0]) => {
          response.setHeader('X-Subject-Token', 'service');
          answer(response, 201, {});
        },
      ],
      ['gives us a page', (response: Parameters<KeystoneDouble['onLogin']>[0]) => answer(response, 200, '<html>')],
    ])('%s', async (_what, onLogin) => {
      double.onLogin = onLogin;
      expect(await refuses()).toMatch(/^Keystone answered our log-in with 20[01] and nothing we understand$/);
    });

    it('is not there; and are known again when it is back', async () => {
      const keystone = connect({ cacheMs: 0 });
      expect(await keystone.identify(TOKEN)).not.toBeNull();
      const port = await double.stop();
      expect(await refuses(keystone)).toBe('Keystone cannot be reached');
      await double.listen(port);
      clock += 1_000;
      expect(await keystone.identify(TOKEN)).not.toBeNull();
      expect(outcomes).toEqual(['valid', 'failed', 'valid']);
    });

    it('does not answer anybody: the others do not wait for it as well', async () => {
      double.onValidate = () => undefined;
      const keystone = connect({}, 300);
      const all = Array.from({ length: 200 }, (_, index) => keystone.identify(`token-${index}`));
      const ended = await Promise.allSettled(all);
      expect(ended.every(({ status }) => status === 'rejected')).toBe(true);
      // Sixteen waited; the rest was told of their outage.
      expect(double.validations.length).toBeLessThanOrEqual(16);
    });
  });
});

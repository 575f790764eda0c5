import { jest } from '@jest/globals';
import { startTestApp, type TestApp } from '../../support/app.js';
import { cloneDatabase, type TestDatabase } from '../../support/database.js';

const KEY = 'a-key-that-was-given-later-0123456789';

describe('the first start', () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await cloneDatabase();
  });
  afterEach(() => database.drop());

  const users = () => database.dataSource.query<Record<string, unknown>[]>('select * from users order by id');
  const start = (config: Parameters<typeof startTestApp>[0] & object = {}) => startTestApp({ database, ...config });
  const login = (app: TestApp, username: string, password: string) =>
    app.inject({ method: 'POST', url: '/api/auth/login/', payload: { username, password } });

  async function printed(work: () => Promise<void>): Promise<string> {
    let text = '';
    const spy = jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
      text += String(chunk);
      return true;
    });
    try {
      await work();
    } finally {
      spy.mockRestore();
    }
    return text;
  }

  it('of several processes at once makes one administrator and prints the password once', async () => {
    const apps: TestApp[] = [];
    const text = await printed(async () => {
      const config = { adminPassword: undefined, adminToken: KEY };
      apps.push(...(await Promise.all([1, 2, 3, 4].map(() => start({ config })))));
    });
    try {
      const passwords = [...text.matchAll(/with the password (\S+)/g)].map((match) => match[1] as string);
      expect(passwords).toHaveLength(1);
      expect(await users()).toHaveLength(1);
      expect(await database.dataSource.query('select user_id, kind from tokens')).toEqual([
        { user_id: 1, kind: 'api' },
      ]);
      expect((await login(apps[0] as TestApp, 'admin', passwords[0] as string)).statusCode).toBe(200);
    } finally {
      await Promise.all(apps.map((app) => app.close()));
    }
  });

  it('leaves an administrator that is there as it is, prints nothing, and adds a token that was given later', async () => {
    await (await start({ config: { adminPassword: 'the first', adminToken: undefined } })).close();
    const [before] = await users();
    const text = await printed(async () => {
      const again = await start({ config: { adminPassword: 'the second', adminToken: KEY } });
      expect((await login(again, 'admin', 'the second')).statusCode).toBe(401);
      const me = await again.inject({ url: '/api/auth/me/', headers: { authorization: `Token ${KEY}` } });
      expect(me.json()).toMatchObject({ username: 'admin', is_superuser: true });
      await again.close();
    });
    expect(text).toBe('');
    expect(await users()).toEqual([before]);
    await (await start({ config: { adminToken: KEY } })).close();
    expect(await database.dataSource.query('select count(*) from tokens')).toEqual([{ count: '1' }]);
  });

  it('gives no token to somebody who is no administrator any more', async () => {
    await (await start({ config: { adminToken: undefined } })).close();
    await database.dataSource.query(`update users set role = 'viewer'`);
    await (await start({ config: { adminToken: KEY } })).close();
    expect(await database.dataSource.query('select count(*) from tokens')).toEqual([{ count: '0' }]);
  });

  it('with another secret key than the stored secrets have is refused, and says what to do', async () => {
    await (await start()).close();
    await (await start()).close();
    await expect(start({ config: { secretKey: 'another key' } })).rejects.toThrow(
      /SLIPWAY_SECRET_KEY is not the key this database was started with/,
    );
  });
});

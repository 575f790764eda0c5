import { cloneDatabase, emptyDatabase, type TestDatabase } from '../support/database.js';

describe('the test database', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await cloneDatabase();
  });
  afterAll(() => database.drop());

  it('is migrated, with the queue', async () => {
    const pending = await database.dataSource.showMigrations();
    const queue = await database.dataSource.query(`select to_regclass('graphile_worker._private_jobs') as jobs`);
    expect(pending).toBe(false);
    expect(queue).toEqual([{ jobs: 'graphile_worker._private_jobs' }]);
  });

  it('is seen by nobody else, and can be made many at once', async () => {
    const others = await Promise.all([cloneDatabase(), cloneDatabase(), cloneDatabase()]);
    await database.dataSource.query('create table mine (id int)');
    for (const other of others) {
      expect(await other.dataSource.query(`select to_regclass('mine') as mine`)).toEqual([{ mine: null }]);
    }
    await Promise.all(others.map((other) => other.drop()));
  });

  it('can be empty', async () => {
    const { url, drop } = await emptyDatabase();
    expect(url).toMatch(/^postgres:\/\/slipway:[^@]+@127\.0\.0\.1:\d+\/test_\w+$/);
    await drop();
  });
});

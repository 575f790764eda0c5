import { createServer } from 'node:net';
import pg from 'pg';
import { DataSource, type QueryRunner } from 'typeorm';
import { dataSourceOptions } from '../../src/database/data-source.js';
import {
  isDatabaseUnavailable,
  isInvalidValue,
  isRetryableConflict,
  violatedUnique,
} from '../../src/database/pg-errors.js';
import { cloneDatabase, type TestDatabase } from '../support/database.js';

/** The error that TypeORM throws for it, as the application sees it. */
async function failureOf(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error('it did not fail');
}

describe('what a failed database call means', () => {
  let database: TestDatabase;
  const run = (sql: string, parameters: unknown[] = []): Promise<unknown> => database.dataSource.query(sql, parameters);

  beforeAll(async () => {
    database = await cloneDatabase();
    await run(`
      create table ducks (
        id integer constraint ducks_pkey primary key,
        name text constraint ducks_name unique,
        small smallint,
        extra jsonb,
        mother integer constraint ducks_mother references ducks
      );
      create table short (word varchar(2));
      insert into ducks (id, name) values (1, 'Alma'), (2, 'Berta');
    `);
  });
  afterAll(() => database.drop());

  it('a duplicate names its constraint', async () => {
    const error = await failureOf(run(`insert into ducks (id, name) values (3, 'Alma')`));
    expect(violatedUnique(error)).toBe('ducks_name');
    expect([isDatabaseUnavailable(error), isInvalidValue(error), isRetryableConflict(error)]).toEqual([
      false,
      false,
      false,
    ]);
    expect(violatedUnique(await failureOf(run(`insert into ducks (id) values (1)`)))).toBe('ducks_pkey');
  });

  it('a missing or needed row is no duplicate', async () => {
    const error = await failureOf(run('update ducks set mother = 99 where id = 1'));
    expect(violatedUnique(error)).toBeUndefined();
  });

  it.each([
    ['a NUL in text', 'select $1::text', ['a\u0000b']],
    ['a NUL in jsonb', 'update ducks set extra = $1 where id = 1', ['{"a": "\\u0000"}']],
    ['text for a number', 'select from ducks where id = $1', ['seven']],
    ['text for a uuid', 'select $1::uuid', ['no-uuid']],
    ['a number too large', 'select from ducks where id = $1', ['99999999999']],
    ['a number too large for its column', 'update ducks set small = 70000', []],
    ['text for a date', 'select $1::timestamptz', ['soon']],
    ['a date that is none', 'select $1::timestamptz', ['2026-02-31']],
    ['text too long', `insert into short values ('abc')`, []],
  ])('%s is an invalid value', async (_what, sql, parameters) => {
    const error = await failureOf(run(sql, parameters));
    expect(isInvalidValue(error)).toBe(true);
    expect(isDatabaseUnavailable(error)).toBe(false);
  });

  it('a mistake in our SQL is none of these', async () => {
    const error = await failureOf(run('selekt'));
    expect([isDatabaseUnavailable(error), isInvalidValue(error), isRetryableConflict(error)]).toEqual([
      false,
      false,
      false,
    ]);
    expect(violatedUnique(error)).toBeUndefined();
    for (const odd of [undefined, null, 'text', 7, {}, new Error('other')])
      expect(isDatabaseUnavailable(odd)).toBe(false);
  });

  describe('two transactions', () => {
    let first: QueryRunner;
    let second: QueryRunner;
    beforeEach(() => {
      first = database.dataSource.createQueryRunner();
      second = database.dataSource.createQueryRunner();
    });
    afterEach(async () => {
      for (const runner of [first, second]) {
        if (runner.isTransactionActive) await runner.rollbackTransaction();
        await runner.release();
      }
    });

    it('that deadlock may be run again', async () => {
      await first.startTransaction();
      await second.startTransaction();
      await first.query('update ducks set extra = null where id = 1');
      await second.query('update ducks set extra = null where id = 2');
      const results = await Promise.allSettled([
        first.query('update ducks set extra = null where id = 2'),
        second.query('update ducks set extra = null where id = 1'),
      ]);
      const [refused] = results.filter((result) => result.status === 'rejected');
      expect(isRetryableConflict(refused?.reason)).toBe(true);
    });

    it('that cannot be put in an order may be run again', async () => {
      await first.startTransaction('SERIALIZABLE');
      await first.query('select extra from ducks where id = 1');
      await second.query(`update ducks set extra = '1' where id = 1`);
      const error = await failureOf(first.query(`update ducks set extra = '2' where id = 1`));
      expect(isRetryableConflict(error)).toBe(true);
    });
  });

  describe('the database is unavailable', () => {
    it('when nobody listens, also on a name with two addresses', async () => {
      for (const host of ['127.0.0.1', 'localhost']) {
        const source = new DataSource(dataSourceOptions(`postgres://a:b@${host}:1/x`));
        expect(isDatabaseUnavailable(await failureOf(source.initialize()))).toBe(true);
      }
    });

    it('when whoever answers hangs up, or says nothing', async () => {
      const rude = createServer((socket) => socket.destroy());
      const mute = createServer();
      for (const server of [rude, mute]) {
        const port = await new Promise<number>((resolve) => {
          server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
        });
        const options = { ...dataSourceOptions(`postgres://a:b@127.0.0.1:${port}/x`), connectTimeoutMS: 200 };
        expect(isDatabaseUnavailable(await failureOf(new DataSource(options as never).initialize()))).toBe(true);
        server.close();
      }
    });

    it('when it shuts sessions down under a running query, between two, and in a transaction', async () => {
      const source = await new DataSource(dataSourceOptions(database.url, 3)).initialize();
      const runner = source.createQueryRunner();
      const [{ pid }] = (await runner.query('select pg_backend_pid() as pid')) as [{ pid: number }];
      const sleeping = failureOf(runner.query('select pg_sleep(30)'));
      await run('select pg_terminate_backend($1, 5000)', [pid]);
      expect(isDatabaseUnavailable(await sleeping)).toBe(true);
      expect(isDatabaseUnavailable(await failureOf(runner.query('select 1')))).toBe(true);
      await runner.release();

      const idle = failureOf(
        source.transaction(async (tx) => {
          const [row] = await tx.query<[{ pid: number }]>('select pg_backend_pid() as pid');
          await run('select pg_terminate_backend($1, 5000)', [row.pid]);
          await tx.query('select 1');
        }),
      );
      expect(isDatabaseUnavailable(await idle)).toBe(true);
      // And the pool has replaced what it lost.
      expect(await source.query('select 1 as one')).toEqual([{ one: 1 }]);
      await source.destroy();
    });

    it('when no connection is left: in the pool, or in the server', async () => {
      const pool = new pg.Pool({ connectionString: database.url, max: 1, connectionTimeoutMillis: 100 });
      const lent = await pool.connect();
      expect(isDatabaseUnavailable(await failureOf(pool.query('select 1')))).toBe(true);
      lent.release();
      await pool.end();

      await run(`do $$ begin execute format('alter database %I connection limit 0', current_database()); end $$`);
      await run(`create role narrow login password 'narrow'`);
      const url = new URL(database.url);
      url.username = url.password = 'narrow';
      const error = await failureOf(new DataSource(dataSourceOptions(url.href)).initialize());
      await run('drop role narrow');
      expect(error).toMatchObject({ code: '53300' });
      expect(isDatabaseUnavailable(error)).toBe(true);
    });
  });
});

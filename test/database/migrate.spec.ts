import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { findDrift } from '../../src/database/drift.js';
import { ENTITIES } from '../../src/database/entities.js';
import { migrate } from '../../src/database/migrate.js';
import { MIGRATIONS } from '../../src/database/migrations/index.js';
import { cloneDatabase, emptyDatabase, type TestDatabase } from '../support/database.js';

const ROOT = join(import.meta.dirname, '../..');

async function migrateInProcess(url: string): Promise<string[]> {
  const args = ['--import', './test/support/typescript.mjs', 'test/support/migrate-child.ts', url];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT, env: { PATH: process.env.PATH } });
  return JSON.parse(stdout) as string[];
}

describe('migrate', () => {
  it('runs every migration once, whichever of four processes comes first', async () => {
    const { url, drop } = await emptyDatabase();
    const ran = await Promise.all([1, 2, 3, 4].map(() => migrateInProcess(url)));
    expect(ran.filter((names) => names.length > 0)).toEqual([MIGRATIONS.map(({ name }) => name)]);
    expect(await findDrift(url)).toEqual([]);
    await drop();
  });

  it('waits for whoever is migrating', async () => {
    const { url, drop } = await emptyDatabase();
    const other = new pg.Client({ connectionString: url });
    await other.connect();
    await other.query('select pg_advisory_lock(5710329481)');
    const waiting = migrate(url);
    const waiters = `select 1 from pg_locks join pg_database d on d.oid = database
      where locktype = 'advisory' and not granted and d.datname = current_database()`;
    while ((await other.query(waiters)).rowCount === 0);
    expect((await other.query(`select to_regclass('migrations') as ours`)).rows).toEqual([{ ours: null }]);
    await other.end();
    expect(await waiting).toHaveLength(MIGRATIONS.length);
    await drop();
  });

  it('runs what the folder holds, in the order of the times in the names', () => {
    const files = readdirSync(join(ROOT, 'src/database/migrations')).filter((name) => /^\d/.test(name));
    const times = MIGRATIONS.map(({ name }) => Number(/\d+$/.exec(name)?.[0]));
    expect(times).toHaveLength(files.length);
    expect(times).toEqual(files.map((name) => Number(/^\d+/.exec(name)?.[0])).sort((a, b) => a - b));
  });
});

describe('the drift check', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await cloneDatabase();
    await database.dataSource.query(`
      create table ducks (
        id integer constraint ducks_pkey primary key,
        name text not null,
        weight integer
      );
      create unique index ducks_name on ducks (name);
    `);
  });
  afterAll(() => database.drop());

  @Entity('ducks')
  class Duck {
    @PrimaryColumn('integer', { primaryKeyConstraintName: 'ducks_pkey' })
    id: number;

    @Index('ducks_name', { unique: true })
    @Column('text')
    name: string;

    @Column('integer', { nullable: true })
    weight: number | null;
  }

  @Entity('ducks')
  class ChangedDuck {
    @PrimaryColumn('integer', { primaryKeyConstraintName: 'ducks_pkey' })
    id: number;

    @Column('text', { nullable: true })
    name: string | null;

    @Column('bigint', { nullable: true })
    weight: string | null;

    @Column('timestamptz')
    hatched: Date;
  }

  it('finds nothing where both say the same', async () => {
    expect(await findDrift(database.url, [...ENTITIES, Duck])).toEqual([]);
  });

  it('finds a new column, a changed type, a dropped index and a lost "not null"', async () => {
    const drift = (await findDrift(database.url, [...ENTITIES, ChangedDuck])).join('\n');
    expect(drift).toMatch(/ADD "hatched" TIMESTAMP WITH TIME ZONE NOT NULL/);
    expect(drift).toMatch(/"weight" bigint|"weight" TYPE bigint/i);
    expect(drift).toMatch(/DROP INDEX .*"ducks_name"/);
    expect(drift).toMatch(/"name" DROP NOT NULL/);
  });

  it('finds an entity without a table', async () => {
    @Entity('geese')
    class Goose {
      @PrimaryColumn('integer', { primaryKeyConstraintName: 'geese_pkey' })
      id: number;
    }
    expect((await findDrift(database.url, [...ENTITIES, Goose])).join('\n')).toMatch(/CREATE TABLE "geese"/);
  });
});

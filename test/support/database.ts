import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../src/database/data-source.js';

/** Set by the run's global set-up for the processes that run the spec files. */
export const SERVER_URL_VARIABLE = 'SLIPWAY_TEST_SERVER_URL';
export const TEMPLATE = 'slipway_template';

export interface TestDatabase {
  readonly url: string;
  readonly dataSource: DataSource;
  /** Cuts every connection and deletes the database. */
  drop(): Promise<void>;
}

/** A migrated, empty database of its own, for one spec file: in `beforeAll`, with `drop` in `afterAll`. */
export async function cloneDatabase(): Promise<TestDatabase> {
  const { url, drop } = await createDatabase(TEMPLATE);
  const dataSource = new DataSource(dataSourceOptions(url));
  await dataSource.initialize();
  return {
    url,
    dataSource,
    async drop() {
      if (dataSource.isInitialized) await dataSource.destroy();
      await drop();
    },
  };
}

/** A database without any of our tables, to test migrations on. */
export function emptyDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  return createDatabase('template0');
}

async function createDatabase(template: string): Promise<{ url: string; drop(): Promise<void> }> {
  const server = process.env[SERVER_URL_VARIABLE];
  if (server === undefined) throw new Error('no test server: run this spec in the "database" project');
  const name = `test_${randomBytes(6).toString('hex')}`;
  await asAdmin(server, `create database ${name} template ${template}`);
  return {
    url: server.replace(/\/\w+$/, `/${name}`),
    drop: () => asAdmin(server, `drop database if exists ${name} with (force)`),
  };
}

async function asAdmin(url: string, statement: string): Promise<void> {
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  try {
    await admin.query(statement);
  } finally {
    await admin.end();
  }
}

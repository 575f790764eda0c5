import { Logger as WorkerLogger, runMigrations } from 'graphile-worker';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from './data-source.js';

/** Any fixed number: every process that migrates this database asks for the same lock. */
const MIGRATION_LOCK = 5_710_329_481;

const silent = new WorkerLogger(() => () => undefined);

/**
 * Brings a database to this version: graphile-worker's schema, then ours. Any number of processes may call it at once;
 * a session lock lets one through at a time and the others find nothing left to do. Returns the names it ran.
 */
export async function migrate(databaseUrl: string): Promise<string[]> {
  const guard = new pg.Client({ connectionString: databaseUrl, application_name: 'slipway migrate', keepAlive: true });
  // The error also rejects the query in flight; without a listener it would end the process.
  guard.on('error', () => undefined);
  await guard.connect();
  try {
    await guard.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await runMigrations({ connectionString: databaseUrl, maxPoolSize: 2, logger: silent });
    return await migrateOurs(databaseUrl);
  } finally {
    await guard.end();
  }
}

async function migrateOurs(databaseUrl: string): Promise<string[]> {
  const dataSource = new DataSource(dataSourceOptions(databaseUrl, 2));
  await dataSource.initialize();
  try {
    const ran = await dataSource.runMigrations();
    return ran.map((migration) => migration.name);
  } finally {
    await dataSource.destroy();
  }
}

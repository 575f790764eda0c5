import pg from 'pg';
import { startThrowawayServer } from '../../src/database/embedded/throwaway-server.js';
import { migrate } from '../../src/database/migrate.js';
import { SERVER_URL_VARIABLE, TEMPLATE } from './database.js';

/** The test run's own PostgreSQL, whatever DATABASE_URL says. */
export async function startTestServer(): Promise<{ stop(): Promise<void> }> {
  const server = await startThrowawayServer({ max_connections: '400' });
  await makeTemplate(server.url);
  process.env[SERVER_URL_VARIABLE] = server.url;
  delete process.env.DATABASE_URL;
  return server;
}

async function makeTemplate(url: string): Promise<void> {
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  try {
    await admin.query(`create database ${TEMPLATE}`);
    await migrate(url.replace(/\/\w+$/, `/${TEMPLATE}`));
    // Nobody may be connected to a database while it is cloned.
    await admin.query(`alter database ${TEMPLATE} allow_connections false`);
  } finally {
    await admin.end();
  }
}

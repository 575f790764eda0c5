import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { isAlive } from '../../src/database/embedded/cluster.js';
import { EmbeddedServer } from '../../src/database/embedded/embedded-server.js';
import { readLockFile, stopPostmaster } from '../../src/database/embedded/postmaster.js';
import { migrate } from '../../src/database/migrate.js';
import { SERVER_URL_VARIABLE, TEMPLATE } from './database.js';

const PREFIX = 'slipway-test-';

/**
 * The test run's own PostgreSQL, whatever DATABASE_URL says. Named after this process, so that what a killed run left
 * behind is known for what it is and cleared away by the next.
 */
export async function startTestServer(): Promise<{ stop(): Promise<void> }> {
  await clearLeftovers();
  const dataDir = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));
  const server = await EmbeddedServer.start({
    dataDir,
    systemFolder: join(tmpdir(), `${PREFIX}${process.pid}-system`),
    // A test database need not survive a power cut.
    settings: { fsync: 'off', full_page_writes: 'off', max_connections: '400' },
  });
  await makeTemplate(server.url);
  process.env[SERVER_URL_VARIABLE] = server.url;
  delete process.env.DATABASE_URL;
  return {
    async stop() {
      await server.stop();
      clearRun(process.pid);
    },
  };
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

async function clearLeftovers(): Promise<void> {
  for (const name of readdirSync(tmpdir())) {
    const pid = Number(new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1]);
    if (!(pid > 0) || isAlive(pid)) continue;
    const data = join(tmpdir(), name, 'postgres', 'data');
    try {
      const lock = readLockFile(data);
      if (lock) await stopPostmaster(data, lock.pid);
      rmSync(join(tmpdir(), name), { recursive: true, force: true });
    } catch (error) {
      // Another user's run: not ours to clear.
      if (!['EACCES', 'EPERM'].includes(String((error as NodeJS.ErrnoException).code))) throw error;
    }
  }
}

function clearRun(pid: number): void {
  for (const name of readdirSync(tmpdir())) {
    if (name.startsWith(`${PREFIX}${pid}-`)) rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}

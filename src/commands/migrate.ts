/**
 * `npm run migration:run`: brings the database to this version and exits. With `--check`: compares the entities with a
 * freshly migrated, throwaway database and exits 1 when they differ.
 */
import 'reflect-metadata';
import { loadConfig } from '../config/config.js';
import { findDrift } from '../database/drift.js';
import { startThrowawayServer } from '../database/embedded/throwaway-server.js';
import { migrate } from '../database/migrate.js';
import { openDatabase } from '../database/open-database.js';

const say = (text: string): void => void process.stdout.write(`${text}\n`);

async function run(): Promise<void> {
  const database = await openDatabase(loadConfig());
  await database.close();
  say(database.migrated.length === 0 ? 'nothing to migrate' : `migrated: ${database.migrated.join(', ')}`);
}

async function check(): Promise<void> {
  const server = await startThrowawayServer();
  try {
    await migrate(server.url);
    const missing = await findDrift(server.url);
    if (missing.length === 0) return say('entities and migrations say the same');
    say(`the entities ask for what no migration does:\n${missing.map((query) => `  ${query};`).join('\n')}`);
    process.exitCode = 1;
  } finally {
    await server.stop();
  }
}

try {
  await (process.argv.includes('--check') ? check() : run());
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

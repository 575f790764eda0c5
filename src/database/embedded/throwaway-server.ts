import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive } from './cluster.js';
import { movedTo } from './data-place.js';
import { EmbeddedServer } from './embedded-server.js';
import { readLockFile, stopPostmaster } from './postmaster.js';

const PREFIX = 'slipway-throwaway-';

export interface ThrowawayServer {
  readonly url: string;
  /** Stops the server and deletes its data. */
  stop(): Promise<void>;
}

/**
 * An embedded server for one process and no longer: the drift check's, the test run's. Its folder is named after the
 * process, so what a killed one left behind is known for what it is and cleared away by the next.
 */
export async function startThrowawayServer(settings: Readonly<Record<string, string>> = {}): Promise<ThrowawayServer> {
  await clearLeftovers();
  const dataDir = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));
  // `mkdtemp` closes it to others, and as root the server runs as another.
  chmodSync(dataDir, 0o755);
  const server = await EmbeddedServer.start({
    dataDir,
    // Nothing here need survive a power cut.
    settings: { fsync: 'off', full_page_writes: 'off', ...settings },
  });
  return {
    url: server.url,
    async stop() {
      await server.stop();
      rmSync(server.folder, { recursive: true, force: true });
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

async function clearLeftovers(): Promise<void> {
  for (const name of readdirSync(tmpdir())) {
    const pid = Number(new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1]);
    if (!(pid > 0) || isAlive(pid)) continue;
    const dataDir = join(tmpdir(), name);
    try {
      const folder = movedTo(dataDir) ?? join(dataDir, 'postgres');
      const data = join(folder, 'data');
      const lock = readLockFile(data);
      if (lock) await stopPostmaster(data, lock.pid);
      for (const path of [folder, dataDir]) rmSync(path, { recursive: true, force: true });
    } catch (error) {
      // Another user's: not ours to clear.
      if (!['EACCES', 'EPERM'].includes(String((error as NodeJS.ErrnoException).code))) throw error;
    }
  }
}

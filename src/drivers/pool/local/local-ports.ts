import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { makePrivateFolder } from '../../private-folder.js';
import { removeAll } from '../../durable-files/durable-files.js';
import { PoolError } from '../pool-provider.js';

/** Below the range from which systems take the ports of outgoing connections. */
const RANGE = { first: 20_000, end: 32_000 };
const TRIES = 200;

/** Which server has which port: a file for each, so that two processes never give out the same one. */
export class LocalPorts {
  constructor(
    private readonly folder: string,
    private readonly range = RANGE,
  ) {}

  /** A port that nobody listens on, and that stays this server's until it is released. */
  async claim(serverId: string): Promise<number> {
    const { first, end } = this.range;
    await makePrivateFolder(this.folder);
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const port = randomInt(first, end);
      if (!(await this.note(port, serverId))) continue;
      if (await isFree(port)) return port;
      await this.release(port);
    }
    throw new PoolError('unavailable', `No free port from ${first} to ${end - 1}`);
  }

  async release(port: number): Promise<void> {
    await removeAll(join(this.folder, String(port)));
  }

  /** Frees what was left by a process that was killed in the middle of a claim. Ask about servers only after the listing. */
  async sweep(isKnown: (serverId: string) => Promise<boolean>): Promise<void> {
    for (const name of await readdir(this.folder).catch(() => [])) {
      const owner = await readFile(join(this.folder, name), 'utf8').catch(() => '');
      // An empty one is being written at this moment.
      if (owner !== '' && !(await isKnown(owner))) await removeAll(join(this.folder, name));
    }
  }

  private async note(port: number, serverId: string): Promise<boolean> {
    try {
      await writeFile(join(this.folder, String(port)), serverId, { flag: 'wx', mode: 0o600 });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    }
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen({ port, host: '127.0.0.1', exclusive: true });
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stopSupervised } from '../../src/drivers/supervised/supervised-process.js';
import { basic } from '../dialects/nodepool/pool.js';
import { cloneDatabase, type TestDatabase } from '../support/database.js';
import { countAsDead } from '../support/dead-workers.js';
import { type ServerProcess, startServerProcess } from '../support/server-process.js';

export const STANDIN = join(import.meta.dirname, '../support/disk-image-create');

export interface WireNode {
  readonly id: number;
  readonly external_id: string | null;
  readonly _state: number;
  readonly state_time: number;
}

export interface WireImage extends WireNode {
  readonly version: number | null;
}

export interface WireDib {
  readonly id: number;
  readonly filename: string;
  readonly _state: number;
}

/** A pool on a `local` provider, run by a real server process that can be killed and started again on the same data. */
export class PoolProcess {
  readonly folder = mkdtempSync(join(tmpdir(), 'slipway-kill-'));
  readonly journal = join(this.folder, 'journal');
  readonly gate = join(this.folder, 'gate');
  readonly store = join(this.folder, 'data/nodepool/providers/here');
  server: ServerProcess;

  private constructor(readonly database: TestDatabase) {}

  static async start(yaml: (pool: PoolProcess) => string): Promise<PoolProcess> {
    const pool = new PoolProcess(await cloneDatabase());
    pool.writeConfig(yaml(pool));
    await pool.startServer();
    return pool;
  }

  async startServer(): Promise<void> {
    this.server = await startServerProcess({
      DATABASE_URL: this.database.url,
      SLIPWAY_DATA_DIR: join(this.folder, 'data'),
      SLIPWAY_SECRET_KEY: '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f',
      SLIPWAY_ADMIN_PASSWORD: 'a password for the test',
      SLIPWAY_LOG_LEVEL: 'warn',
      SLIPWAY_DATABASE_POOL: '10',
      SLIPWAY_WORKER_CONCURRENCY: '10',
      NODEPOOL_CONF_FILE: join(this.folder, 'nodepool.yaml'),
      NODEPOOL_DIB_COMMAND: STANDIN,
      NODEPOOL_API_USER: 'ci',
      NODEPOOL_API_PASSWORD: 'correct horse battery',
    });
  }

  /** All it was doing stops between two instructions, whatever it started goes on. The next server takes over at once. */
  async kill(): Promise<void> {
    await this.server.end('SIGKILL');
    await countAsDead(this.database.dataSource, this.server);
  }

  writeConfig(yaml: string): void {
    writeFileSync(join(this.folder, 'nodepool.yaml.new'), yaml);
    renameSync(join(this.folder, 'nodepool.yaml.new'), join(this.folder, 'nodepool.yaml'));
  }

  async list<T>(what: 'nodes' | 'images' | 'dib_images'): Promise<T[]> {
    const answer = await fetch(`${this.server.url}/v1/${what}`);
    return (await answer.json()) as T[];
  }

  async ask(method: 'PUT' | 'POST' | 'DELETE', path: string, fields: Record<string, string> = {}): Promise<number> {
    const answer = await fetch(`${this.server.url}/v1/${path}`, {
      method,
      headers: { authorization: basic('ci', 'correct horse battery'), prefer: 'respond-async' },
      ...(method === 'DELETE' ? {} : { body: new URLSearchParams(fields) }),
    });
    await answer.arrayBuffer();
    return answer.status;
  }

  /** Ready, and neither more nor fewer rows in any other state but hold. */
  async ready(count: number): Promise<WireNode[]> {
    return this.until(`${count} ready nodes and no others`, async () => {
      const nodes = (await this.list<WireNode>('nodes')).filter(({ _state }) => _state !== 5);
      return nodes.length === count && nodes.every(({ _state }) => _state === 2) && nodes;
    });
  }

  async until<T>(
    what: string,
    ask: () => Promise<T | false | null | undefined> | T | false | null | undefined,
  ): Promise<T> {
    for (const end = Date.now() + 120_000; Date.now() < end;) {
      const answer = await ask();
      if (answer !== false && answer !== null && answer !== undefined) return answer;
      await sleep(20);
    }
    throw new Error(
      `waited in vain: ${what}\n${JSON.stringify(await this.situation(), null, 1)}\n${this.server.output()}`,
    );
  }

  /** Names in a folder below the provider's; none where it is not there yet. */
  stored(what: 'servers' | 'images' | 'ports'): string[] {
    return namesIn(join(this.store, what));
  }

  built(): string[] {
    return namesIn(join(this.folder, 'images'));
  }

  /** The number of the process a server was started as; null before that. */
  pidOf(serverId: string): number | null {
    try {
      const line = readFileSync(join(this.store, 'servers', serverId, 'process'), 'utf8').split('\n')[1];
      return line ? Number.parseInt(line, 10) : null;
    } catch {
      return null;
    }
  }

  journalLines(word: string): string[][] {
    const text = namesIn(this.folder).includes('journal') ? readFileSync(this.journal, 'utf8') : '';
    return text
      .split('\n')
      .filter((line) => line.startsWith(`${word} `))
      .map((line) => line.split(' ').slice(1));
  }

  async close(): Promise<void> {
    await this.server?.end('SIGTERM');
    // After a test that failed there are builds and servers yet, and they do not end with the server.
    for (const folder of [join(this.store, 'servers'), join(this.folder, 'data/nodepool/builds')])
      for (const name of namesIn(folder)) await stopSupervised(join(folder, name, 'process'), 0);
    await this.database.drop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async situation() {
    const sql = this.database.dataSource;
    return {
      nodes: await sql.query<unknown[]>('select * from pool_nodes'),
      images: await sql.query<unknown[]>('select * from provider_images'),
      dibs: await sql.query<unknown[]>('select * from dib_images'),
      jobs: await sql.query<unknown[]>(
        `select kind, input, target_id, status, reason, waiting_for, current_step, attempt from jobs order by id desc limit 12`,
      ),
      stored: [this.stored('servers'), this.stored('images'), this.stored('ports'), this.built()],
    };
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

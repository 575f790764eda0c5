import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cloneDatabase, type TestDatabase } from '../../support/database.js';
import { countAsDead } from '../../support/dead-workers.js';
import { type ServerProcess, startServerProcess } from '../../support/server-process.js';
import { STANDIN } from './engine.js';
import { until } from './pool.js';

/** A pool in a process of its own, that can be killed and started again on the same database and files. */
export class KillablePool {
  private server: ServerProcess | null = null;

  constructor(
    readonly database: TestDatabase,
    readonly folder: string,
    private readonly name: string,
  ) {}

  static async create(): Promise<KillablePool> {
    return new KillablePool(await cloneDatabase(), newFolder(), 'one');
  }

  /** A process of another name on the same database, with a config and files of its own. */
  another(name: string): KillablePool {
    return new KillablePool(this.database, newFolder(), name);
  }

  get sql() {
    return this.database.dataSource;
  }

  async start(yaml: string): Promise<void> {
    writeFileSync(join(this.folder, 'nodepool.yaml'), yaml);
    this.server = await startServerProcess({
      DATABASE_URL: withName(this.database.url, this.name),
      SLIPWAY_DATA_DIR: join(this.folder, 'data'),
      SLIPWAY_SECRET_KEY: '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f',
      SLIPWAY_ADMIN_PASSWORD: 'correct horse battery staple',
      SLIPWAY_LOG_LEVEL: 'warn',
      SLIPWAY_WORKER_CONCURRENCY: '10',
      NODEPOOL_CONF_FILE: join(this.folder, 'nodepool.yaml'),
      NODEPOOL_DIB_COMMAND: STANDIN,
    });
  }

  /** Whoever works on the database next goes on at once. */
  async kill(): Promise<void> {
    const killed = this.server!;
    this.server = null;
    await killed.end('SIGKILL');
    await countAsDead(this.sql, killed);
  }

  async write(method: string, url: string, fields: Record<string, string> = {}): Promise<number> {
    const answer = await fetch(`${this.server!.url}${url}`, {
      method,
      body: method === 'DELETE' ? undefined : new URLSearchParams(fields),
      headers: { authorization: `Basic ${Buffer.from('admin:correct horse battery staple').toString('base64')}` },
    });
    return answer.status;
  }

  nodes(where: string): Promise<{ id: number; state: number; external_id: string | null }[]> {
    return this.sql.query(`select id, state, external_id from pool_nodes where ${where} order by id`);
  }

  async ready(count: number): Promise<{ id: number; external_id: string | null }[]> {
    return until(`${count} nodes are ready`, async () => {
      const nodes = await this.nodes('state = 2');
      return nodes.length === count ? nodes : null;
    });
  }

  /** In an orderly way. */
  async endProcess(): Promise<void> {
    await this.server?.end('SIGTERM');
    this.server = null;
  }

  /** The database is for others yet. */
  async stop(): Promise<void> {
    await this.endProcess();
    rmSync(this.folder, { recursive: true, force: true });
  }
  async end(): Promise<void> {
    await this.stop();
    await this.database.drop();
  }

  /** What stands at the fake cloud and does not go. */
  async servers(): Promise<{ id: string; name: string }[]> {
    return this.sql.query(
      'select id, name from fake_servers where gone_at is null or gone_at > now() order by created_at',
    );
  }

  /** A ready image of the snapshot config, as if an earlier start had made it. */
  async readyImage(): Promise<void> {
    await this.sql.query(
      `with stored as (
         insert into fake_images (id, provider_name, name) values ('stored', 'fake-provider', 'x') returning id)
       insert into provider_images (provider_name, image_name, version, external_id, state)
       select 'fake-provider', 'fake-image', 1, id, 2 from stored`,
    );
  }
}

function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'slipway-kill-'));
}

/** What the process writes can be told from what another one writes: triggers see the name. */
function withName(databaseUrl: string, name: string): string {
  const url = new URL(databaseUrl);
  url.searchParams.set('application_name', name);
  return url.href;
}

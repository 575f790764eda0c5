import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cloneDatabase, type TestDatabase } from '../../support/database.js';
import { type ServerProcess, startServerProcess } from '../../support/server-process.js';
import { dibYaml, snapshotYaml, STANDIN } from './engine.js';
import { until } from './pool.js';

/** A dead worker is noticed after fifteen seconds; what comes then takes its time on a busy machine. */
const LONG_MS = 150_000;

/** A pool in a process of its own, that can be killed and started again on the same database and files. */
class KillablePool {
  private server: ServerProcess | null = null;

  constructor(
    readonly database: TestDatabase,
    readonly folder: string,
  ) {}

  get sql() {
    return this.database.dataSource;
  }

  async start(yaml: string): Promise<void> {
    writeFileSync(join(this.folder, 'nodepool.yaml'), yaml);
    this.server = await startServerProcess({
      DATABASE_URL: this.database.url,
      SLIPWAY_DATA_DIR: join(this.folder, 'data'),
      SLIPWAY_SECRET_KEY: '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f',
      SLIPWAY_ADMIN_PASSWORD: 'correct horse battery staple',
      SLIPWAY_LOG_LEVEL: 'warn',
      SLIPWAY_WORKER_CONCURRENCY: '10',
      NODEPOOL_CONF_FILE: join(this.folder, 'nodepool.yaml'),
      NODEPOOL_DIB_COMMAND: STANDIN,
    });
  }

  async kill(): Promise<void> {
    await this.server?.end('SIGKILL');
    this.server = null;
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

  async end(): Promise<void> {
    await this.server?.end('SIGTERM');
    await this.database.drop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function readyImage(pool: KillablePool): Promise<void> {
  await pool.sql.query(
    `with stored as (
       insert into fake_images (id, provider_name, name) values ('stored', 'fake-provider', 'x') returning id)
     insert into provider_images (provider_name, image_name, version, external_id, state)
     select 'fake-provider', 'fake-image', 1, id, 2 from stored`,
  );
}

describe('kill -9 and a new start (acceptance case 25)', () => {
  let pool: KillablePool;
  beforeEach(async () => {
    pool = new KillablePool(await cloneDatabase(), mkdtempSync(join(tmpdir(), 'slipway-kill-')));
  });
  afterEach(() => pool.end());

  it(
    'while launching: the building nodes go with their servers, held and ready ones stay',
    async () => {
      await readyImage(pool);
      await pool.start(snapshotYaml({ minReady: 2 }));
      const [held] = await pool.ready(2);
      expect(await pool.write('PUT', `/v1/nodes/${held!.id}`, { state: 'hold' })).toBe(200);
      const ready = await pool.ready(2);
      await pool.kill();
      await pool.start(snapshotYaml({ minReady: 4, extra: '    fake: { pause-creates: true }' }));
      const building = await until('two servers that do not boot', async () => {
        const nodes = await pool.nodes('state = 1 and external_id is not null');
        return nodes.length === 2 ? nodes : null;
      });
      await pool.kill();

      await pool.start(snapshotYaml({ minReady: 4 }));
      const after = await pool.ready(4);
      const lost = building.map(({ id }) => id);
      expect(after.filter(({ id }) => lost.includes(id))).toEqual([]);
      expect(after.map(({ id }) => id)).toEqual(expect.arrayContaining(ready.map(({ id }) => id)));
      expect(await pool.nodes('state = 5')).toMatchObject([{ id: held!.id, external_id: held!.external_id }]);
      await until('the lost nodes are gone', async () => (await pool.nodes('state in (1, 4)')).length === 0);
      const servers = await pool.sql.query<{ id: string }[]>(
        'select id from fake_servers where gone_at is null or gone_at > now()',
      );
      expect(servers.map(({ id }) => id).sort()).toEqual(
        [...after, held!].map(({ external_id }) => external_id).sort(),
      );
    },
    LONG_MS,
  );

  it(
    'while deleting: the deletion is gone on with',
    async () => {
      await readyImage(pool);
      await pool.start(snapshotYaml({ minReady: 3, extra: '    fake: { delete-delay: 3 }' }));
      const nodes = await pool.ready(3);
      await Promise.all(nodes.map(({ id }) => pool.write('DELETE', `/v1/nodes/${id}`)));
      await until('the provider is asked', async () => {
        const calls = await pool.sql.query<unknown[]>(`select 1 from fake_calls where call = 'delete-server'`);
        return calls.length > 0;
      });
      await pool.kill();
      await pool.start(snapshotYaml({ minReady: 3 }));
      await until('the deleted nodes are gone', async () => {
        return (await pool.nodes(`id in (${nodes.map(({ id }) => id).join()})`)).length === 0;
      });
      const after = await pool.ready(3);
      const servers = await pool.sql.query<{ id: string }[]>(
        'select id from fake_servers where gone_at is null or gone_at > now()',
      );
      expect(servers.map(({ id }) => id).sort()).toEqual(after.map(({ external_id }) => external_id).sort());
    },
    LONG_MS,
  );

  it(
    'while building and uploading: the work ends well or leaves nothing, and no process is left',
    async () => {
      const journal = join(pool.folder, 'journal');
      const env = `{ STANDIN_JOURNAL: ${journal}, STANDIN_WAIT: ${pool.folder}/go }`;
      const slow = dibYaml(pool.folder, { env, extra: '    fake: { upload-delay: 3600 }' });
      await pool.start(slow);
      await until('the build runs', () =>
        Promise.resolve(existsSync(journal) && readFileSync(journal, 'utf8').includes('waiting')),
      );
      await pool.kill();
      writeFileSync(join(pool.folder, 'go'), '');
      await pool.start(slow);
      await until('the upload has begun', async () => {
        const calls = await pool.sql.query<unknown[]>(`select 1 from fake_calls where call = 'upload-image'`);
        return calls.length > 0;
      });
      await pool.kill();

      await pool.start(dibYaml(pool.folder, { env }));
      const [node] = await pool.ready(1);
      expect(node!.external_id).not.toBeNull();
      const [rows] = await pool.sql.query<{ building: number; images: number; stored: number }[]>(
        `select (select count(*) from provider_images where state <> 2)::integer + (select count(*) from dib_images where state <> 2)::integer as building,
           (select count(*) from provider_images)::integer as images, (select count(*) from fake_images)::integer as stored`,
      );
      expect(rows).toEqual({ building: 0, images: 1, stored: 1 });
      const dibs = await pool.sql.query<{ filename: string }[]>('select filename from dib_images');
      expect(readdirSync(join(pool.folder, 'images'))).toEqual(
        dibs.map(({ filename }) => `${filename.split('/').at(-1)}.qcow2`),
      );
      expect(survivors(journal)).toEqual([]);
    },
    LONG_MS,
  );
});

/** Processes that builds have written down as theirs and that still run. */
function survivors(journal: string): string[] {
  const pids = readFileSync(journal, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => line.split(' ').slice(1, line.startsWith('waiting') ? 4 : 2));
  return pids.filter((pid) => {
    const stat = `/proc/${pid}/stat`;
    return existsSync(stat) && !readFileSync(stat, 'utf8').includes(') Z ');
  });
}

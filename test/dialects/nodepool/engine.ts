import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import type { DataSource } from 'typeorm';
import type { SettingValues } from '../../../src/config/settings.js';
import { PoolPasses } from '../../../src/nodepool/loops/pool-passes.service.js';
import { NodepoolConfigStore } from '../../../src/nodepool/config/nodepool-config.store.js';
import { NodepoolWork } from '../../../src/nodepool/nodepool-work.js';
import { API_PASSWORD, API_USER, basic } from './pool.js';
import { startTestApp, type TestApp } from '../../support/app.js';
import { cloneDatabase, type TestDatabase } from '../../support/database.js';

// Much is waited for here, and a busy machine takes its time; each wait has an end of its own.
jest.setTimeout(240_000);

export const STANDIN = join(import.meta.dirname, '../../support/disk-image-create');

export interface NodeRow {
  readonly id: number;
  readonly provider_name: string;
  readonly label_name: string;
  readonly external_id: string | null;
  readonly ip: string | null;
  readonly state: number;
  readonly image_id: number | null;
  readonly nodename: string;
  readonly last_error: string | null;
  readonly tries: number;
  readonly launched_at: Date | null;
}

export interface ImageRow {
  readonly id: number;
  readonly image_name: string;
  readonly provider_name: string;
  readonly external_id: string | null;
  readonly server_external_id: string | null;
  readonly dib_image_id: number | null;
  readonly state: number;
  readonly version: string | null;
  readonly last_error: string | null;
}

export interface DibRow {
  readonly id: number;
  readonly image_name: string;
  readonly filename: string;
  readonly state: number;
}

export interface ReadyImage {
  readonly image?: string;
  readonly provider?: string;
  readonly version?: number;
}

/** A pool whose engine works: the whole application on a database, with a `nodepool.yaml` of the spec's. */
export class Engine {
  private ownDatabase: TestDatabase | null = null;

  private constructor(
    readonly app: TestApp,
    readonly folder: string,
    private readonly ownsFolder: boolean,
  ) {}

  /** With images that are ready before the loops begin, which would else make some, each with a server of its own. */
  static async withImage(
    yaml: string,
    images: readonly ReadyImage[] = [{}],
    prepare?: (sql: DataSource) => Promise<unknown>,
  ): Promise<Engine> {
    const database = await cloneDatabase();
    await prepare?.(database.dataSource);
    for (const image of images) await readyImage(database.dataSource, image);
    const engine = await Engine.start(yaml, { database });
    engine.ownDatabase = database;
    return engine;
  }

  static async start(
    yaml: string | ((folder: string) => string),
    options: { database?: TestDatabase; config?: Partial<SettingValues>; folder?: string } = {},
  ): Promise<Engine> {
    const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'slipway-pool-'));
    const nodepoolConfFile = join(folder, 'nodepool.yaml');
    writeFileSync(nodepoolConfFile, typeof yaml === 'string' ? yaml : yaml(folder));
    const app = await startTestApp({
      ...(options.database ? { database: options.database } : {}),
      config: {
        role: 'all',
        nodepoolConfFile,
        nodepoolApiUser: API_USER,
        nodepoolApiPassword: API_PASSWORD,
        nodepoolDibCommand: STANDIN,
        workerConcurrency: 10,
        databasePool: 15,
        ...options.config,
      },
    });
    return new Engine(app, folder, options.folder === undefined);
  }

  get sql(): DataSource {
    return this.app.database.dataSource;
  }

  get passes(): PoolPasses {
    return this.app.app.get(PoolPasses, { strict: false });
  }

  get work(): NodepoolWork {
    return this.app.app.get(NodepoolWork, { strict: false });
  }

  nodes(where = 'true'): Promise<NodeRow[]> {
    return this.sql.query(`select * from pool_nodes where ${where} order by id`);
  }

  images(where = 'true'): Promise<ImageRow[]> {
    return this.sql.query(`select * from provider_images where ${where} order by id`);
  }

  dibs(where = 'true'): Promise<DibRow[]> {
    return this.sql.query(`select * from dib_images where ${where} order by id`);
  }

  servers(provider = 'fake-provider'): Promise<{ id: string; name: string; tags: Record<string, string> }[]> {
    return this.sql.query(
      'select id, name, tags from fake_servers where provider_name = $1 and (gone_at is null or gone_at > now()) order by created_at',
      [provider],
    );
  }

  /** What the fake cloud was asked, in order. */
  calls(call: string): Promise<{ subject: string | null; at: number; provider: string }[]> {
    return this.sql.query(
      `select subject, provider_name as provider, extract(epoch from called_at)::double precision * 1000 as at
       from fake_calls where call = $1 order by called_at`,
      [call],
    );
  }

  /** A write of the API's, with a form as its body. */
  async write(method: string, url: string, fields: Readonly<Record<string, string>> = {}): Promise<number> {
    const answer = await this.app.inject({
      method,
      url,
      payload: new URLSearchParams(fields).toString(),
      headers: {
        authorization: basic(API_USER, API_PASSWORD),
        'content-type': 'application/x-www-form-urlencoded',
      },
    });
    return answer.statusCode;
  }

  deleteNode(id: number): Promise<number> {
    return this.write('DELETE', `/v1/nodes/${id}`);
  }

  hold(id: number, ttlS?: number): Promise<number> {
    return this.write('PUT', `/v1/nodes/${id}`, {
      state: 'hold',
      ...(ttlS === undefined ? {} : { ttl: String(ttlS) }),
    });
  }

  /** The row of the node is gone. */
  async gone(id: number): Promise<void> {
    await this.until(`the end of node ${id}`, async () =>
      (await this.nodes(`id = ${id}`)).length === 0 ? true : undefined,
    );
  }

  /** How the jobs of a node ended, as `cancelled launch`. */
  async statesSeen(id: number): Promise<string[]> {
    const rows = await this.sql.query<{ seen: string }[]>(
      `select status || ' ' || (input ->> 'act') as seen from jobs where target_kind = 'pool-node' and target_id = $1 order by id`,
      [String(id)],
    );
    return rows.map(({ seen }) => seen);
  }

  /** Replaces nodepool.yaml and waits until it is read. */
  async rewrite(yaml: string): Promise<void> {
    const store = this.app.app.get(NodepoolConfigStore, { strict: false });
    writeFileSync(join(this.folder, 'nodepool.yaml'), yaml);
    await store.reload();
  }

  /** That many nodes are ready, and no more. */
  ready(count: number): Promise<NodeRow[]> {
    return this.until(`${count} ready nodes`, async () => {
      const nodes = await this.nodes('state = 2');
      return nodes.length === count ? nodes : undefined;
    });
  }

  /** Asks until the answer is not undefined. */
  async until<T>(what: string, ask: () => Promise<T | undefined> | T | undefined, withinMs = 100_000): Promise<T> {
    const end = Date.now() + withinMs;
    for (;;) {
      const answer = await ask();
      if (answer !== undefined) return answer;
      if (Date.now() > end) throw new Error(`${what}: did not happen in time\n${await this.situation()}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async close(): Promise<void> {
    await this.app.close();
    await this.ownDatabase?.drop();
    if (this.ownsFolder) rmSync(this.folder, { recursive: true, force: true });
  }

  /** For whoever has to find out why something did not happen. */
  private async situation(): Promise<string> {
    const jobs = await this.sql.query<unknown[]>(
      `select id, kind, input ->> 'act' as act, target_id, status, reason, waiting_for, current_step from jobs order by id desc limit 15`,
    );
    const backoffs = await this.sql.query<unknown[]>('select * from pool_backoffs');
    return JSON.stringify(
      { nodes: await this.nodes(), images: await this.images(), dibs: await this.dibs(), jobs, backoffs },
      null,
      1,
    );
  }
}

/** A ready image of the snapshot config, as if an earlier start had made it: its id. */
export async function readyImage(
  sql: Pick<DataSource, 'query'>,
  { image = 'fake-image', provider = 'fake-provider', version = 1 }: ReadyImage = {},
): Promise<number> {
  const [row] = await sql.query<{ id: number }[]>(
    `with stored as (
       insert into fake_images (id, provider_name, name) values (gen_random_uuid()::text, $2, $1) returning id)
     insert into provider_images (provider_name, image_name, hostname, version, external_id, state)
     select $2, $1, $1, $3, stored.id, 2 from stored returning id`,
    [image, provider, version],
  );
  return row!.id;
}

/** The original's `node.yaml`: a snapshot image on the fake provider. `extra` goes into the provider. */
export function snapshotYaml(
  options: { minReady?: number; maxServers?: number; rate?: number; extra?: string } = {},
): string {
  const { minReady = 1, maxServers = 96, rate = 0.001, extra = '' } = options;
  return `
script-dir: scripts
images-dir: images
cron: { cleanup: '0 0 1 1 *', check: '0 0 1 1 *', image-update: '0 0 1 1 *' }
labels:
  - name: fake-label
    image: fake-image
    min-ready: ${minReady}
    providers: [{ name: fake-provider }]
providers:
  - name: fake-provider
    driver: fake
    max-servers: ${maxServers}
    rate: ${rate}
    images:
      - { name: fake-image, base-image: 'Fake Precise', min-ram: 8192, setup: prepare_node_devstack.sh }
${extra}
targets:
  - name: fake-target
`;
}

/** The original's `node_dib.yaml`. */
export function dibYaml(
  folder: string,
  options: { minReady?: number; env?: string; extra?: string; providers?: readonly string[]; imageType?: string } = {},
): string {
  const { minReady = 1, env = '{}', extra = '', providers = ['fake-provider'], imageType = 'qcow2' } = options;
  return `
images-dir: ${folder}/images
elements-dir: ${folder}/elements
cron: { cleanup: '0 0 1 1 *', check: '0 0 1 1 *', image-update: '0 0 1 1 *' }
labels:
  - name: fake-label
    image: fake-dib-image
    min-ready: ${minReady}
    providers: [${providers.map((name) => `{ name: ${name} }`).join(', ')}]
providers:
${providers
  .map(
    (name) => `  - name: ${name}
    driver: fake
    max-servers: 96
    rate: 0.001
    image-type: ${imageType}
    images:
      - { name: fake-dib-image, diskimage: fake-dib-image, min-ram: 8192 }
${name === providers[0] ? extra : ''}`,
  )
  .join('\n')}
diskimages:
  - name: fake-dib-image
    elements: [fedora, vm]
    release: 21
    env-vars: ${env}
targets:
  - name: fake-target
`;
}

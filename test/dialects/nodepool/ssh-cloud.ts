import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { PoolDrivers } from '../../../src/drivers/pool/pool-drivers.js';
import type { PoolProvider, PoolServer } from '../../../src/drivers/pool/pool-provider.js';
import { probeSsh } from '../../../src/drivers/pool/ssh-reachability.js';
import { OpenSsh } from '../../support/open-ssh.js';
import { Engine } from './engine.js';

/** Of the account in the config; must be seen nowhere. */
export const CLOUD_PASSWORD = 'the clouds own pass';

interface ScriptYaml {
  readonly minReady?: number;
  readonly readyScript?: string;
  readonly setup?: string;
  readonly privateKey?: string;
  readonly launchTimeout?: number;
}

/** A row of `pool_nodes` as it was written, with the time of the transaction that did. */
export interface LoggedNode {
  readonly id: number;
  readonly state: number;
  readonly last_error: string | null;
  readonly at: number;
}

/**
 * A pool whose servers are rows of the fake cloud, each of which answers where a real sshd does: the engine's side of
 * SSH is all real. The provider says `openstack`, because nothing is run on servers of the driver `fake`.
 */
export class ScriptBench {
  private constructor(
    readonly engine: Engine,
    readonly host: OpenSsh,
    /** Home of the login. */
    readonly home: string,
  ) {}

  static async start(host: OpenSsh, home: string, yaml: ScriptYaml, files: Readonly<Record<string, string>>) {
    openOnto(host);
    const engine = await Engine.start((folder) => {
      mkdirSync(join(folder, 'scripts'));
      for (const [name, text] of Object.entries(files)) {
        writeFileSync(join(folder, 'scripts', name), text, { mode: 0o755 });
      }
      writeFileSync(join(folder, 'key'), host.privateKey, { mode: 0o600 });
      return text(host, { privateKey: join(folder, 'key'), ...yaml });
    });
    await engine.sql.query(`
      create table node_log (n serial, id integer, state integer, last_error text, at timestamptz);
      create function log_node() returns trigger language plpgsql as $$
      begin insert into node_log (id, state, last_error, at) values (new.id, new.state, new.last_error, now()); return null; end $$;
      create trigger log_node after insert or update on pool_nodes for each row execute function log_node();
    `);
    return new ScriptBench(engine, host, home);
  }

  rewriteScript(name: string, text: string): void {
    writeFileSync(join(this.engine.folder, 'scripts', name), text, { mode: 0o755 });
  }

  /** What became of the nodes, in order. */
  log(where = 'true'): Promise<LoggedNode[]> {
    return this.engine.sql.query(
      `select id, state, last_error, extract(epoch from at)::double precision * 1000 as at from node_log where ${where} order by n`,
    );
  }

  /** Nodes that have become `delete` with such a problem. */
  async failures(count: number, problem: RegExp): Promise<LoggedNode[]> {
    const ask = async () => {
      const rows = (await this.log('state = 4')).filter(({ last_error }) => problem.test(last_error ?? ''));
      const first = rows.filter(({ id }, at) => rows.findIndex((row) => row.id === id) === at);
      return first.length >= count ? first : undefined;
    };
    return this.engine.until(`${count} launches that end with ${problem}`, ask, 150_000);
  }

  /** Everything that was written down anywhere about jobs and changes. */
  async writtenDown(): Promise<string> {
    const rows: unknown[] = [];
    for (const table of ['job_logs', 'jobs', 'batches', 'audit_events', 'pool_backoffs', 'node_log'])
      rows.push(...(await this.engine.sql.query<unknown[]>(`select to_jsonb(t) as row from ${table} t`)));
    return JSON.stringify(rows);
  }

  async lines(act: string): Promise<string[]> {
    const rows = await this.engine.sql.query<{ text: string }[]>(
      `select l.text from job_logs l join jobs j on j.id = l.job_id where j.input ->> 'act' = $1 order by l.id`,
      [act],
    );
    return rows.map(({ text: line }) => line);
  }

  async close(): Promise<void> {
    await this.engine.close();
    jest.restoreAllMocks();
  }
}

/** Every provider that is opened from now on; the fake cloud keeps its servers. */
function openOnto(host: OpenSsh): void {
  const open = PoolDrivers.prototype.open;
  jest.spyOn(PoolDrivers.prototype, 'open').mockImplementation(function (this: PoolDrivers, settings) {
    return placedAt(host, open.call(this, { ...settings, driver: 'fake' }));
  });
}

function placedAt(host: OpenSsh, cloud: PoolProvider): PoolProvider {
  const placed = (server: PoolServer): PoolServer =>
    server.status === 'active' ? { ...server, ip: '127.0.0.1', port: host.port } : server;
  return Object.assign(Object.create(cloud) as PoolProvider, {
    listServers: async (io) => (await cloud.listServers(io)).map(placed),
    getServer: async (id, io) => {
      const server = await cloud.getServer(id, io);
      return server && placed(server);
    },
    isReachable: async (server, wish, { signal }) => {
      const target = { host: server.ip ?? '', port: server.port ?? 0, hostKey: wish.hostKey };
      return (await probeSsh(target, { signal })).answers;
    },
  } satisfies Partial<PoolProvider>);
}

function text(host: OpenSsh, options: ScriptYaml): string {
  const { minReady = 1, readyScript, setup, privateKey, launchTimeout = 600 } = options;
  return `
script-dir: scripts
cron: { cleanup: '0 0 1 1 *', check: '0 0 1 1 *', image-update: '0 0 1 1 *' }
labels:
  - name: fake-label
    image: fake-image
    min-ready: ${minReady}
    ${readyScript === undefined ? '' : `ready-script: ${JSON.stringify(readyScript)}`}
    providers: [{ name: fake-provider }]
providers:
  - name: fake-provider
    auth-url: http://127.0.0.1:1/v3
    username: pool
    password: ${CLOUD_PASSWORD}
    project-name: ci
    max-servers: 5
    rate: 0.001
    launch-timeout: ${launchTimeout}
    images:
      - name: fake-image
        base-image: Fake Precise
        ${setup === undefined ? '' : `setup: ${JSON.stringify(setup)}`}
        username: ${host.username}
        private-key: ${privateKey}
targets:
  - name: fake-target
`;
}

import type { TestAppOptions } from '../../support/app.js';
import type { TestAnswer } from '../../support/request.js';
import { FuelApi, releaseBody } from './fuel-api.js';

export interface ClusterAnswer {
  readonly id: number;
  readonly name: string;
  readonly status: string;
  readonly release_id: number;
  readonly pending_release_id: number | null;
  readonly changes: readonly unknown[];
  readonly is_locked: boolean;
}

export interface TaskAnswer {
  readonly id: number;
  readonly cluster: number | null;
  readonly uuid: string;
  readonly name: string;
  readonly result: unknown;
  readonly message: string | null;
  readonly status: 'running' | 'ready' | 'error';
  readonly progress: number;
}

/** A node's row as these specs set and read it. */
export interface NodeRow {
  readonly id: number;
  readonly name: string;
  readonly status: string;
  readonly progress: number;
  readonly error_type: string | null;
  readonly error_msg: string | null;
  readonly online: boolean;
  readonly roles: readonly string[];
  readonly pending_roles: readonly string[];
  readonly pending_addition: boolean;
  readonly pending_deletion: boolean;
  readonly cluster_id: number | null;
  readonly fqdn: string | null;
  readonly deployed_release_id: number | null;
  readonly simulation: Record<string, unknown>;
}

const DEADLINE_MS = 55_000;

/** The application with releases, clusters and nodes in it; nodes are put into the table directly. */
export class Environments {
  private nodes = 0;
  private names = 0;

  private constructor(readonly api: FuelApi) {}

  /** Nothing is executed unless the role is `all`. */
  static async start(options: TestAppOptions = {}): Promise<Environments> {
    return new Environments(await FuelApi.start(options));
  }

  static async running(options: TestAppOptions = {}): Promise<Environments> {
    return Environments.start({ ...options, config: { role: 'all', ...options.config } });
  }

  close(): Promise<void> {
    return this.api.close();
  }

  /** `version` and what it may come from; names do not repeat. */
  async release(version: string, from: readonly string[] = [], more: Record<string, unknown> = {}): Promise<number> {
    const body = { name: `Release ${++this.names}`, version, can_update_from_versions: from, ...more };
    return (await this.api.create('releases', releaseBody(body))).id;
  }

  async cluster(releaseId: number, more: Record<string, unknown> = {}): Promise<number> {
    return (await this.api.create('clusters', { name: `env ${++this.names}`, release: releaseId, ...more })).id;
  }

  /** A pair of releases and a cluster on the first one, with the second one pending when asked for. */
  async pair(more: Record<string, unknown> = {}): Promise<{ old: number; next: number; cluster: number }> {
    const version = `v${++this.names}`;
    const old = await this.release(version);
    const next = await this.release(`${version}+1`, [version]);
    const cluster = await this.cluster(old, more);
    return { old, next, cluster };
  }

  async node(clusterId: number | null, row: Partial<NodeRow> = {}): Promise<number> {
    const number = ++this.nodes;
    const fields: Record<string, unknown> = {
      name: `node ${number}`,
      mac: `52:54:00:00:00:${number.toString(16).padStart(2, '0')}`,
      status: 'ready',
      progress: 100,
      roles: [],
      driver: 'simulated',
      simulation: { tick_ms: 5 },
      cluster_id: clusterId,
      ...row,
    };
    const names = Object.keys(fields);
    const values = names.map((name) => {
      const value = fields[name];
      return typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
    });
    const [made] = await this.api.sql.query<{ id: number }[]>(
      `insert into nodes (${names.join(', ')}) values (${names.map((_, at) => `$${at + 1}`).join(', ')}) returning id`,
      values,
    );
    return made!.id;
  }

  async row(id: number): Promise<NodeRow> {
    const [row] = await this.api.sql.query<NodeRow[]>('select * from nodes where id = $1', [id]);
    return row!;
  }

  async setCluster(id: number, status: string): Promise<void> {
    await this.api.sql.query('update clusters set status = $2 where id = $1', [id, status]);
  }

  get(id: number): Promise<ClusterAnswer> {
    return this.api.read<ClusterAnswer>(`clusters/${id}`);
  }

  task(id: number): Promise<TaskAnswer> {
    return this.api.read<TaskAnswer>(`tasks/${id}`);
  }

  /** A PUT that must start a task. */
  async starts(path: string, status = 202): Promise<TaskAnswer> {
    const answer = await this.api.put(path);
    if (answer.statusCode !== status) throw new Error(`PUT ${path}: ${answer.statusCode} ${answer.body}`);
    return answer.json<TaskAnswer>();
  }

  /** The task when it is over. */
  async ended(id: number): Promise<TaskAnswer> {
    return this.until(
      () => this.task(id),
      ({ status }) => status !== 'running',
    );
  }

  async until<T>(read: () => Promise<T>, isRight: (value: T) => boolean): Promise<T> {
    const deadline = Date.now() + DEADLINE_MS;
    for (;;) {
      const value = await read();
      if (isRight(value)) return value;
      if (Date.now() > deadline) throw new Error(`it never came: ${JSON.stringify(value)}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async notifications(clusterId: number): Promise<{ topic: string; message: string }[]> {
    return this.api.sql.query('select topic, message from notifications where cluster_id = $1 order by id', [
      clusterId,
    ]);
  }
}

export function refusal(answer: TestAnswer): [number, string] {
  return FuelApi.refusal(answer);
}

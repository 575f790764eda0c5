import type { TestAnswer } from '../support/request.js';
import type { OpenSsh } from '../support/open-ssh.js';

export interface FleetNode {
  readonly id: number;
  readonly name: string;
  readonly status: string;
  readonly progress: number;
  readonly error_type: string | null;
  readonly cluster: number | null;
  readonly roles: readonly string[];
}

export interface FleetCluster {
  readonly id: number;
  readonly status: string;
  readonly release_id: number;
  readonly pending_release_id: number | null;
}

export interface FleetTask {
  readonly id: number;
  readonly name: string;
  readonly status: 'running' | 'ready' | 'error';
  readonly progress: number;
  readonly message: string | null;
}

interface Request {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload?: unknown;
}

const DEADLINE_MS = 120_000;

/** A script of an operator's with a token, as in the contract: it knows nothing but the HTTP API. */
export class FuelFleet {
  /** Over all fleets: a server that is started again still has what the one before it was given. */
  private static count = 0;

  constructor(
    private readonly send: (request: Request) => Promise<TestAnswer>,
    private readonly token: string,
  ) {}

  async ask<T>(method: string, path: string, payload?: unknown, expected?: number): Promise<T> {
    const headers = { 'x-auth-token': this.token };
    const answer = await this.send({ method, url: path, headers, payload });
    const isRight = expected === undefined ? answer.statusCode < 300 : answer.statusCode === expected;
    if (!isRight) throw new Error(`${method} ${path}: ${answer.statusCode} ${answer.body}`);
    return answer.json<T>();
  }

  /** Two releases; a cluster may be brought from the first to the second. */
  async releases(tasksOf: (version: string) => unknown[]): Promise<{ old: number; next: number }> {
    const number = ++FuelFleet.count;
    const release = async (version: string, from: string[]) => {
      const body = {
        name: `OpenStack ${number}`,
        version,
        operating_system: 'Ubuntu',
        state: 'available',
        roles: ['controller', 'compute', 'cinder'],
        can_update_from_versions: from,
        deployment_tasks: tasksOf(version),
      };
      return (await this.ask<{ id: number }>('POST', '/api/releases', body, 201)).id;
    };
    return { old: await release('2014.1-5.0', []), next: await release('2014.1.1-5.1', ['2014.1-5.0']) };
  }

  async cluster(release: number): Promise<number> {
    const body = { name: `env ${++FuelFleet.count}`, release, mode: 'multinode' };
    return (await this.ask<{ id: number }>('POST', '/api/clusters', body, 201)).id;
  }

  /** A node that was deployed before Slipway took over: registered, assigned, and said to be ready. */
  async node(cluster: number, roles: string[], slipway: Record<string, unknown>): Promise<number> {
    const mac = `52:54:00:12:34:${(++FuelFleet.count).toString(16).padStart(2, '0')}`;
    const { id } = await this.ask<{ id: number }>('POST', '/api/nodes', { mac, status: 'discover', slipway }, 201);
    const ready = { ip: '127.0.0.1', cluster, roles, status: 'ready', progress: 100, online: true };
    await this.ask('PUT', `/api/nodes/${id}`, { ...ready, pending_roles: [], pending_addition: false });
    return id;
  }

  sshNode(cluster: number, roles: string[], { port, username, privateKey }: OpenSsh): Promise<number> {
    return this.node(cluster, roles, { driver: 'ssh', ssh: { port, username, private_key: privateKey } });
  }

  async nodes(cluster: number): Promise<FleetNode[]> {
    return (await this.ask<FleetNode[]>('GET', '/nodes')).filter((node) => node.cluster === cluster);
  }

  async clusterNow(id: number): Promise<FleetCluster> {
    const found = (await this.ask<FleetCluster[]>('GET', '/clusters')).find((cluster) => cluster.id === id);
    if (!found) throw new Error(`cluster ${id} is not there`);
    return found;
  }

  task(id: number): Promise<FleetTask> {
    return this.ask<FleetTask>('GET', `/api/tasks/${id}`);
  }

  async ended(id: number): Promise<FleetTask> {
    return this.until(
      () => this.task(id),
      ({ status }) => status !== 'running',
    );
  }

  /** Polls with a deadline; `seen` may look at every answer on the way. */
  async until<T>(read: () => Promise<T>, isRight: (value: T) => boolean, withinMs = DEADLINE_MS): Promise<T> {
    const deadline = Date.now() + withinMs;
    for (;;) {
      const value = await read();
      if (isRight(value)) return value;
      if (Date.now() > deadline) throw new Error(`it never came: ${JSON.stringify(value)}`);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }
}

/** One node's spans of work in the order they began, from the lines `start <ms>` and `end <ms>` its commands wrote. */
export function spansOf(node: string, marks: string): { node: string; from: number; to: number }[] {
  const lines = marks
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(' '));
  const spans: { node: string; from: number; to: number }[] = [];
  for (const [word, at] of lines) {
    const open = spans.at(-1);
    if (word === 'start') spans.push({ node, from: Number(at), to: Infinity });
    else if (open && open.to === Infinity) open.to = Number(at);
    else throw new Error(`an end without a start: ${marks}`);
  }
  return spans;
}

import { setTimeout as sleep } from 'node:timers/promises';
import { ADMIN_PASSWORD } from '../../support/app.js';
import { Environments, type NodeRow, type TaskAnswer } from './environments.js';
import { releaseBody } from './fuel-api.js';
import { ClientError, faults, type Fields, Fuelclient, type Version } from './fuelclient.js';

type Row = Record<string, unknown> & { readonly id: number };

const RELEASE: Fields = {
  id: 'number',
  name: 'string',
  state: 'string',
  operating_system: 'string',
  version: 'string',
};
const ENVIRONMENT: Fields = {
  id: 'number',
  status: 'string',
  name: 'string',
  release_id: 'number',
  pending_release_id: 'number|null',
  // Read by the client that came with 5.1.
  mode: 'string',
  changes: 'strings|array',
};
const NODE: Fields = {
  id: 'number',
  status: 'string',
  name: 'string',
  cluster: 'number|null',
  ip: 'string|null',
  mac: 'string',
  roles: 'strings',
  pending_roles: 'strings',
  online: 'boolean',
  group_id: 'number|null',
};
const TASK: Fields = {
  id: 'number',
  status: 'string',
  name: 'string',
  cluster: 'number|null',
  progress: 'number',
  uuid: 'string',
  result: 'object',
  message: 'string|null',
};
const AUTH = ['GET /api/v1/version', 'POST /keystone/v2.0/tokens', 'POST /keystone/v2.0/tokens'];
const DEADLINE_MS = 60_000;

/** Done-when 3: every command of spec fuel section 6, as both ends of the range of clients make it. */
describe.each<Version>(['8.0.0', '11.0.0'])('python-fuelclient %s', (version) => {
  let env: Environments;
  beforeAll(async () => {
    env = await Environments.running();
  });
  afterAll(() => env.close());

  /** One command: its requests after the three of the log-in, and what it makes of the answers. */
  const fuel = async <T>(work: (client: Fuelclient) => Promise<T>): Promise<{ read: T; requests: string[] }> => {
    const client = await Fuelclient.run(env.api.app.inject, version);
    const read = await work(client);
    expect(client.requests.slice(0, 3)).toEqual(AUTH);
    return { read, requests: client.requests.slice(3).map((request) => request.replace(' /api/v1/', ' ')) };
  };
  const all = (rows: readonly unknown[], fields: Fields): void => {
    expect(rows.flatMap((row) => faults(row, fields))).toEqual([]);
  };
  const fresh = (cluster: number | null, row: Partial<NodeRow> = {}): Promise<number> =>
    env.node(cluster, { status: 'discover', progress: 0, ...row });
  const tasks = version === '8.0.0' ? 'tasks' : 'transactions';

  /** `fuel task --tid N` again and again, each a command of its own, until the task is over. */
  const followed = async (id: number): Promise<TaskAnswer> => {
    const until = Date.now() + DEADLINE_MS;
    for (;;) {
      const { read } = await fuel((client) => client.get<TaskAnswer>(`${client.tasks}/${id}/`));
      all([read], TASK);
      if (read.status !== 'running' || Date.now() > until) return read;
      await sleep(50);
    }
  };
  /** A cluster of ready nodes on the first of two releases. */
  const operational = async (count = 2): Promise<{ cluster: number; next: number; nodes: number[] }> => {
    const { cluster, next } = await env.pair({ mode: 'multinode' });
    const nodes = [];
    for (let made = 0; made < count; made += 1) nodes.push(await env.node(cluster, { roles: ['compute'] }));
    await env.setCluster(cluster, 'operational');
    return { cluster, next, nodes };
  };

  it('fuel rel, fuel rel --rel N', async () => {
    const id = await env.release('2014.1.3-5.1.1', ['2014.1.1-5.1']);
    const listed = await fuel((client) => client.get<Row[]>('releases/'));
    expect(listed.requests).toEqual(['GET releases/']);
    all(listed.read, RELEASE);
    expect(listed.read.map((row) => row.id)).toContain(id);
    const one = await fuel((client) => client.get<Row>(`releases/${id}/`));
    all([one.read], RELEASE);
  });

  it('fuel env create, env set, env', async () => {
    const release = await env.release('2015.1');
    const name = 'made by fuel';
    const created = await fuel(async (client) => {
      const body = { nodes: [], tasks: [], name, release_id: release, net_segment_type: 'vlan' };
      const { id } = await client.post<Row>('clusters/', body);
      return client.get<Row>(`clusters/${id}/`);
    });
    expect(created.read).toMatchObject({ name, release_id: release, status: 'new' });
    const { id } = created.read;
    await fuel((client) => client.put(`clusters/${id}/`, { name: 'renamed by fuel' }));
    const listed = await fuel((client) => client.get<Row[]>('clusters/'));
    all(listed.read, ENVIRONMENT);
    // `--env N` is picked out by the client itself, by the number.
    expect(listed.read.filter((row) => row.id === id)).toMatchObject([{ name: 'renamed by fuel' }]);
  });

  it('fuel node, --env N, --node 1,2', async () => {
    const { cluster, nodes } = await operational();
    await fresh(null);
    const listed = await fuel((client) => client.get<Row[]>('nodes/'));
    all(listed.read, NODE);
    expect(listed.read.filter((row) => row['cluster'] === cluster).map(({ id }) => id)).toEqual(nodes);
    const some = await fuel((client) => Promise.all(nodes.map((id) => client.get<Row>(`nodes/${id}/`))));
    all(some.read, NODE);
  });

  it('fuel node set and deploy-changes, to the end', async () => {
    const { cluster } = await env.pair({ mode: 'multinode' });
    const nodes = [await fresh(null), await fresh(null)];
    for (const [index, id] of nodes.entries()) {
      const roles = [index === 0 ? 'controller' : 'compute'];
      const { read } = await fuel((client) => client.post(`clusters/${cluster}/assignment/`, [{ id, roles }]));
      expect(read).toBeNull();
    }
    const deployed = await fuel(async (client) => {
      const query = version === '8.0.0' ? '' : '?dry_run=0&noop_run=0';
      const started = await client.put<TaskAnswer>(`clusters/${cluster}/changes${query}`);
      all([started], TASK);
      expect(started.cluster).toBe(cluster);
      let watched = (await client.get<Row[]>(`nodes/?cluster_id=${cluster}`)).sort((a, b) => a.id - b.id);
      expect(watched.map(({ id }) => id)).toEqual(nodes);
      const isDone = ({ status }: Row) => status === 'ready' || status === 'error';
      const until = Date.now() + DEADLINE_MS;
      for (;;) {
        const status = (await client.get<TaskAnswer>(`${tasks}/${started.id}/`)).status;
        if ((status === 'ready' || status === 'error') && watched.every(isDone)) return { status, watched };
        if (Date.now() > until) throw new Error('the deployment does not end');
        const data = await client.get<TaskAnswer>(`${tasks}/${started.id}/`);
        if (data.status === 'error') throw new Error(String(data.message));
        const renewed: Row[] = [];
        for (const node of watched) renewed.push(isDone(node) ? node : await client.get<Row>(`nodes/${node.id}/`));
        watched = renewed;
        all(watched, { id: 'number', status: 'string', progress: 'number' });
        all([await client.get(`${tasks}/${started.id}/`)], TASK);
      }
    });
    expect(deployed.read.status).toBe('ready');
    expect(deployed.read.watched.map((node) => [node['status'], node['progress'], node['roles']])).toEqual([
      ['ready', 100, ['controller']],
      ['ready', 100, ['compute']],
    ]);
    expect(await env.get(cluster)).toMatchObject({ status: 'operational' });
  });

  it('fuel2 env deploy', async () => {
    const { cluster } = await env.pair({ mode: 'multinode' });
    await fresh(cluster, { pending_addition: true, pending_roles: ['controller'] });
    const { read } = await fuel(async (client) => {
      const query = version === '8.0.0' ? '' : '?dry_run=0&noop_run=0';
      const started = await client.put<TaskAnswer>(`clusters/${cluster}/changes${query}`);
      await client.get(`nodes/?cluster_id=${started.cluster}`);
      return started;
    });
    expect(await followed(read.id)).toMatchObject({ status: 'ready', progress: 100 });
  });

  it.each(['fuel --env N env --env-update --rel M', 'fuel2 env upgrade N M'])('%s: the whole upgrade', async () => {
    const { cluster, next, nodes } = await operational(3);
    const { read, requests } = await fuel(async (client) => {
      await client.put(`clusters/${cluster}/`, { pending_release_id: next });
      return client.put<TaskAnswer>(`clusters/${cluster}/update/`);
    });
    expect(requests).toEqual([`PUT clusters/${cluster}/`, `PUT clusters/${cluster}/update/`]);
    all([read], TASK);
    expect(await followed(read.id)).toMatchObject({ name: 'update', status: 'ready', progress: 100, cluster });
    expect(await env.get(cluster)).toMatchObject({ status: 'operational', release_id: next, pending_release_id: null });
    const { read: after } = await fuel((client) => client.get<Row[]>('nodes/'));
    const statuses = after.filter(({ id }) => nodes.includes(id)).map((node) => [node['status'], node['progress']]);
    expect(statuses).toEqual(Array(3).fill(['ready', 100]));
  });

  it('fuel node --node 1,2 --deploy and --provision', async () => {
    for (const what of ['deploy', 'provision']) {
      const { cluster, nodes } = await operational();
      const { read } = await fuel(async (client) => {
        const chosen = [];
        for (const id of nodes) chosen.push(await client.get<Row>(`nodes/${id}/`));
        expect([...new Set(chosen.map((node) => node['cluster']))]).toEqual([cluster]);
        return client.put<TaskAnswer>(`clusters/${cluster}/${what}/?nodes=${nodes.join(',')}`);
      });
      all([read], TASK);
      expect(await followed(read.id)).toMatchObject({ status: 'ready', progress: 100 });
    }
  });

  it('fuel2 env nodes deploy', async () => {
    const { cluster, nodes } = await operational();
    const path = `clusters/${cluster}/deploy/?nodes=${nodes.join('%2C')}&force=0&noop_run=0`;
    const { read } = await fuel((client) => client.put<TaskAnswer>(path));
    all([read], TASK);
    expect(await followed(read.id)).toMatchObject({ name: 'deployment', status: 'ready' });
  });

  it('fuel task, task --delete', async () => {
    const { cluster } = await env.pair({ mode: 'multinode' });
    await fresh(cluster, { pending_addition: true, pending_roles: ['controller'], simulation: { hang: true } });
    const { id } = await env.starts(`clusters/${cluster}/changes`);
    const listed = await fuel((client) => client.get<Row[]>(`${client.tasks}/`));
    all(listed.read, TASK);
    expect(listed.read.map((row) => row.id)).toContain(id);
    const remove = (force: number) => fuel((client) => client.delete(`${client.tasks}/${id}/?force=${force}`));
    await expect(remove(0)).rejects.toThrow('400 Client Error: You cannot delete running task manually');
    expect((await remove(1)).read).toEqual({});
    await expect(fuel((client) => client.get(`${client.tasks}/${id}/`))).rejects.toThrow(
      '404 Client Error: Task not found',
    );
  });

  it('fuel --env N stop, reset', async () => {
    const { cluster } = await env.pair({ mode: 'multinode' });
    await fresh(cluster, { pending_addition: true, pending_roles: ['controller'], simulation: { hang: true } });
    await fuel((client) => client.put(`clusters/${cluster}/changes`));
    const stopped = await fuel((client) => client.put<TaskAnswer>(`clusters/${cluster}/stop_deployment/`));
    all([stopped.read], TASK);
    expect(await followed(stopped.read.id)).toMatchObject({ name: 'stop_deployment', status: 'ready' });
    const query = version === '8.0.0' ? '' : '?force=0';
    const reset = await fuel((client) => client.put<TaskAnswer>(`clusters/${cluster}/reset/${query}`));
    all([reset.read], TASK);
    expect(await followed(reset.read.id)).toMatchObject({ name: 'reset_environment', status: 'ready' });
    expect(await env.get(cluster)).toMatchObject({ status: 'new' });
  });

  it('fuel node remove, env delete', async () => {
    const { cluster } = await env.pair({ mode: 'multinode' });
    const node = await fresh(null);
    await fuel((client) => client.post(`clusters/${cluster}/assignment/`, [{ id: node, roles: ['compute'] }]));
    const removed = await fuel((client) => client.post(`clusters/${cluster}/unassignment/`, [{ id: node }]));
    expect(removed.read).toBeNull();
    const deleted = await fuel(async (client) => {
      // One that is operational is not deleted without --force; that is for the client to see.
      all([await client.get(`clusters/${cluster}/`)], { status: 'string' });
      return client.delete(`clusters/${cluster}/`);
    });
    expect(deleted.read).toEqual({});
    const gone = async (): Promise<boolean> => {
      const { read } = await fuel((client) => client.get<Row[]>('clusters/'));
      return !read.some(({ id }) => id === cluster);
    };
    await env.until(gone, (isGone) => isGone);
  });

  it("fuel notifications, -r '*'", async () => {
    const { read } = await fuel((client) => client.get<Row[]>('notifications/'));
    expect(read.length).toBeGreaterThan(0);
    all(read, { id: 'number', message: 'string', status: 'string', topic: 'string' });
    const marked = await fuel((client) =>
      client.put<Row[]>(
        'notifications/',
        read.map((row) => ({ ...row, status: 'read' })),
      ),
    );
    expect(new Set(marked.read.map((row) => row['status']))).toEqual(new Set(['read']));
  });

  it('fuel role --rel N', async () => {
    const release = await env.release('roles');
    const { read } = await fuel((client) => client.get<Row[]>(`releases/${release}/roles/`));
    expect(read.length).toBeGreaterThan(0);
    all(read, { name: 'string', meta: 'object' });
  });

  it('fuel fuel-version, fuel token', async () => {
    const { read } = await fuel((client) => client.get('version'));
    const sha = { nailgun_sha: 'string', astute_sha: 'string', fuellib_sha: 'string', ostf_sha: 'string' };
    all([read], { release: 'string', api: 'string', feature_groups: 'strings', auth_required: 'boolean', ...sha });
    const { read: token } = await fuel((client) => Promise.resolve(client.token));
    expect(token).toMatch(/^\w+$/);
  });

  it('prints the text of a refusal', async () => {
    const { cluster } = await env.pair();
    await expect(fuel((client) => client.put(`clusters/${cluster}/update/`))).rejects.toThrow(
      /^400 Client Error: Can't update environment '.*' when new release Id is invalid$/,
    );
    await expect(Fuelclient.run(env.api.app.inject, version, 'wrong')).rejects.toThrow(ClientError);
  });

  it('keeps the table of tokens small and leaves the token of a command that still runs', async () => {
    const watching = await Fuelclient.run(env.api.app.inject, version);
    for (let command = 0; command < 30; command += 1) await fuel((client) => client.get('tasks/'));
    expect(await watching.get<Row[]>('tasks/')).toBeInstanceOf(Array);
    const [{ count }] = await env.api.sql.query<[{ count: string }]>(
      `select count(*) from tokens where kind = 'login'`,
    );
    expect(Number(count)).toBeLessThanOrEqual(200);
  });

  it('fuel user --change-password', async () => {
    const client = await Fuelclient.run(env.api.app.inject, version);
    const { token } = await client.changePassword(ADMIN_PASSWORD, 'another password');
    expect(typeof token.id).toBe('string');
    await expect(Fuelclient.run(env.api.app.inject, version)).rejects.toThrow('Unauthorized');
    await Fuelclient.run(env.api.app.inject, version, 'another password');
  });
});

/** The tool that upgrades the Fuel master itself reads only the token's id (spec fuel sections 4.2 and 6). */
describe('the fuel_upgrade tool', () => {
  let env: Environments;
  beforeAll(async () => {
    env = await Environments.start();
  });
  afterAll(() => env.close());

  it('brings releases and takes them back, tells of itself, and looks for running tasks', async () => {
    const tool = await Fuelclient.run(env.api.app.inject, '8.0.0');
    const before = await tool.get<Row[]>('releases/');
    const made = await tool.post<Row>(
      'releases/',
      releaseBody({ name: 'Brought by fuel_upgrade', version: '2014.2-6.0' }),
    );
    expect(faults(made, RELEASE)).toEqual([]);
    expect(await tool.delete(`releases/${made.id}/`)).toEqual({});
    expect(await tool.get<Row[]>('releases/')).toEqual(before);
    const told = await tool.post<Row>('notifications/', { topic: 'release', message: 'New release available' });
    expect(faults(told, { id: 'number', topic: 'string', message: 'string' })).toEqual([]);
    expect((await tool.get<Row[]>('tasks')).filter(({ status }) => status === 'running')).toEqual([]);
  });
});

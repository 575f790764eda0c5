import { Environments, type NodeRow, refusal, type TaskAnswer } from './environments.js';

/** Deployment of everything pending, and the ways back: spec fuel sections 3.1, 3.4, 3.5, 3.6; cases 33 and 34. */
let env: Environments;
beforeAll(async () => {
  env = await Environments.running();
});
afterAll(() => env.close());

const FRESH: Partial<NodeRow> = {
  status: 'discover',
  progress: 0,
  pending_addition: true,
  pending_roles: ['controller'],
};
const HANGS = { hang: true };

async function deployable(rows: Partial<NodeRow>[]) {
  const { cluster } = await env.pair({ mode: 'multinode' });
  const nodes: number[] = [];
  for (const row of rows) nodes.push(await env.node(cluster, { ...FRESH, ...row }));
  return { cluster, nodes };
}

const tasksOf = (cluster: number) => env.api.read<TaskAnswer[]>(`tasks?cluster_id=${cluster}`);

describe('PUT changes', () => {
  it('provisions, deploys and deletes what is pending, as children of one task', async () => {
    const { cluster, nodes } = await deployable([
      {},
      { pending_roles: ['compute'] },
      { status: 'ready', roles: ['cinder'], pending_roles: [], pending_addition: false, pending_deletion: true },
    ]);
    const task = await env.starts(`clusters/${cluster}/changes`);
    expect(task).toMatchObject({ name: 'deploy', status: 'running', progress: 0, cluster });
    expect((await env.get(cluster)).status).toBe('deployment');
    const ended = await env.ended(task.id);
    const { name } = await env.get(cluster);
    expect(ended).toMatchObject({
      status: 'ready',
      progress: 100,
      message: `Successfully deleted 1 node(s)\nProvision of environment '${name}' is done\nDeployment of environment '${name}' is done`,
    });
    const [, ...children] = await tasksOf(cluster);
    expect(children.map((child) => [child.name, child.status, child.progress])).toEqual([
      ['node_deletion', 'ready', 100],
      ['provision', 'ready', 100],
      ['deployment', 'ready', 100],
    ]);
    expect(await env.get(cluster)).toMatchObject({ status: 'operational', changes: [], is_locked: true });
    expect(await env.row(nodes[0]!)).toMatchObject({
      status: 'ready',
      progress: 100,
      roles: ['controller'],
      pending_roles: [],
      pending_addition: false,
    });
    expect(await env.row(nodes[2]!)).toMatchObject({
      status: 'discover',
      cluster_id: null,
      roles: [],
      pending_deletion: false,
    });
  });

  it('shows the nodes provisioning at first', async () => {
    const { cluster, nodes } = await deployable([{ simulation: HANGS }]);
    const { id } = await env.starts(`clusters/${cluster}/changes`);
    expect(await env.row(nodes[0]!)).toMatchObject({
      status: 'provisioning',
      progress: 0,
      fqdn: `node-${nodes[0]}.domain.tld`,
    });
    expect(refusal(await env.api.put(`clusters/${cluster}/changes`))).toEqual([409, 'Deployment already started']);
    await env.api.delete(`tasks/${id}?force=1`);
  });

  it('is refused when nothing is pending (case 33)', async () => {
    const empty = await deployable([]);
    const done = await deployable([{ status: 'ready', pending_roles: [], pending_addition: false }]);
    for (const { cluster } of [empty, done]) {
      expect(refusal(await env.api.put(`clusters/${cluster}/changes`))).toEqual([400, 'No changes to deploy']);
      expect(await tasksOf(cluster)).toEqual([]);
      expect((await env.get(cluster)).status).toBe('new');
    }
  });

  it('makes a failed task when a node is offline (case 34), and the cluster stays new', async () => {
    const { cluster, nodes } = await deployable([{}, { online: false }, { online: false }]);
    const task = await env.starts(`clusters/${cluster}/changes`);
    const shown = async (id: number) => {
      const row = (await env.row(id)) as NodeRow & { mac: string };
      return `${row.name} (id=${id}, mac=${row.mac})`;
    };
    const names = `${await shown(nodes[1]!)}, ${await shown(nodes[2]!)}`;
    expect(task).toMatchObject({
      status: 'error',
      progress: 100,
      message: `Nodes "${names}" are offline. Remove them from environment and try again.`,
    });
    expect((await env.get(cluster)).status).toBe('new');
    expect((await env.row(nodes[0]!)).status).toBe('discover');
  });

  it('makes a failed task without a controller', async () => {
    const { cluster } = await deployable([{ pending_roles: ['compute'] }]);
    const message = 'Not enough controllers, multinode mode requires at least 1 controller';
    const task = await env.starts(`clusters/${cluster}/changes`);
    expect(task).toMatchObject({ status: 'error', message });
    const [audit] = await env.api.sql.query<unknown[]>(
      `select user_name, action, after from audit_events where object_type = 'cluster' and object_id = $1 order by id desc limit 1`,
      [String(cluster)],
    );
    expect(audit).toEqual({
      user_name: 'admin',
      action: 'cluster.deploy',
      after: { task: task.id, refused: message },
    });
  });

  it('deploys nobody after a failed provisioning', async () => {
    const { cluster, nodes } = await deployable([
      { simulation: { tick_ms: 5, fail: 'provision' } },
      { pending_roles: ['compute'] },
    ]);
    const { id } = await env.starts(`clusters/${cluster}/changes`);
    const ended = await env.ended(id);
    const failed = await env.row(nodes[0]!);
    expect(ended).toMatchObject({
      status: 'error',
      message: `Provision has failed. Check these nodes:\n'${failed.name}'`,
    });
    expect(failed).toMatchObject({ status: 'error', error_type: 'provision', progress: 100 });
    expect((await env.row(nodes[1]!)).status).toBe('provisioned');
    expect((await env.get(cluster)).status).toBe('error');
    const children = (await tasksOf(cluster)).slice(1);
    expect(children.map((child) => [child.name, child.status, child.message])).toEqual([
      ['provision', 'error', ended.message],
      ['deployment', 'error', 'Task aborted'],
    ]);
  });

  it('replaces the tasks of the last time', async () => {
    const { cluster } = await deployable([{}]);
    const first = await env.ended((await env.starts(`clusters/${cluster}/changes`)).id);
    await env.node(cluster, { ...FRESH, pending_roles: ['compute'] });
    const second = await env.starts(`clusters/${cluster}/changes`);
    expect((await env.api.get(`tasks/${first.id}`)).statusCode).toBe(404);
    expect((await env.ended(second.id)).status).toBe('ready');
  });
});

describe('PUT stop_deployment', () => {
  it('stops what runs and takes its nodes back to the beginning', async () => {
    const { cluster, nodes } = await deployable([
      {},
      { pending_roles: ['compute'], simulation: HANGS },
      { pending_roles: ['compute'] },
    ]);
    const deploy = await env.starts(`clusters/${cluster}/changes`);
    const stop = await env.starts(`clusters/${cluster}/stop_deployment`);
    expect(stop).toMatchObject({ name: 'stop_deployment', status: 'running' });
    const ended = await env.ended(stop.id);
    const { name, status } = await env.get(cluster);
    expect(status).toBe('stopped');
    expect(ended).toMatchObject({
      status: 'ready',
      message: `Deployment of environment '${name}' was successfully stopped`,
    });
    expect((await env.api.get(`tasks/${deploy.id}`)).statusCode).toBe(404);
    expect((await tasksOf(cluster)).map((task) => task.name)).toEqual(['stop_deployment']);
    expect(await env.row(nodes[1]!)).toMatchObject({
      status: 'discover',
      online: false,
      pending_addition: true,
      roles: [],
      pending_roles: ['compute'],
    });
    await settled(cluster);
    expect((await env.get(cluster)).status).toBe('stopped');
    expect((await env.row(nodes[2]!)).status).toBe('discover');
  });

  it('stops a deployment of chosen nodes; nodes that were ready stay so', async () => {
    const { cluster } = await deployable([]);
    const [ready, busy] = [await env.node(cluster), await env.node(cluster, { roles: ['compute'], simulation: HANGS })];
    await env.starts(`clusters/${cluster}/deploy?nodes=${busy}`, 200);
    const stop = await env.starts(`clusters/${cluster}/stop_deployment`);
    const again = await env.api.put(`clusters/${cluster}/stop_deployment`);
    // The first stop may be over already; then there is nothing left to stop.
    expect([
      [409, 'Stopping deployment task is already launched'],
      [400, `Nothing to stop - deployment is not running on environment '${cluster}'`],
    ]).toContainEqual(refusal(again));
    await env.ended(stop.id);
    expect((await env.row(ready)).status).toBe('ready');
    expect(await env.row(busy)).toMatchObject({ status: 'discover', pending_roles: ['compute'] });
    await env.api.sql.query(`update nodes set online = true, simulation = '{"tick_ms": 5}' where id = $1`, [busy]);
    await env.api.sql.query(`update nodes set roles = '["controller"]' where id = $1`, [ready]);
    await settled(cluster);
    expect((await env.ended((await env.starts(`clusters/${cluster}/changes`)).id)).status).toBe('ready');
  });

  it('is refused twice, and when nothing runs', async () => {
    const { cluster } = await deployable([]);
    const nothing = `Nothing to stop - deployment is not running on environment '${cluster}'`;
    expect(refusal(await env.api.put(`clusters/${cluster}/stop_deployment`))).toEqual([400, nothing]);
    await env.api.sql.query(
      `insert into tasks (uuid, cluster_id, name) values (gen_random_uuid(), $1, 'stop_deployment')`,
      [cluster],
    );
    expect(refusal(await env.api.put(`clusters/${cluster}/stop_deployment`))).toEqual([
      409,
      'Stopping deployment task is already launched',
    ]);
  });
});

describe('PUT reset', () => {
  it('takes the whole environment back to new', async () => {
    const { cluster, nodes } = await deployable([{}]);
    const deploy = await env.ended((await env.starts(`clusters/${cluster}/changes`)).id);
    const leaving = await env.node(cluster, { status: 'discover', pending_deletion: true });
    const reset = await env.starts(`clusters/${cluster}/reset?force=0`);
    expect(reset.name).toBe('reset_environment');
    expect((await env.api.get(`tasks/${deploy.id}`)).statusCode).toBe(404);
    expect((await env.ended(reset.id)).status).toBe('ready');
    expect(await env.get(cluster)).toMatchObject({ status: 'new', is_locked: false });
    expect(await env.row(nodes[0]!)).toMatchObject({
      status: 'discover',
      online: false,
      pending_addition: true,
      roles: [],
      pending_roles: ['controller'],
      deployed_release_id: null,
    });
    expect((await env.row(leaving)).pending_deletion).toBe(false);
  });

  it('of an environment without systems is over at once', async () => {
    const { cluster } = await deployable([{}]);
    expect(await env.starts(`clusters/${cluster}/reset`)).toMatchObject({ status: 'ready', progress: 100 });
  });
});

describe('DELETE cluster', () => {
  it('deletes it with its last node', async () => {
    const { cluster, nodes } = await deployable([{ status: 'ready', roles: ['controller'] }, {}]);
    const answer = await env.api.delete(`clusters/${cluster}`);
    expect([answer.statusCode, answer.json()]).toEqual([202, {}]);
    await env.until(
      () => env.api.get(`clusters/${cluster}`),
      ({ statusCode }) => statusCode === 404,
    );
    for (const id of nodes) {
      expect(await env.row(id)).toMatchObject({
        cluster_id: null,
        status: 'discover',
        roles: [],
        pending_roles: [],
        pending_deletion: false,
      });
    }
    expect((await tasksOf(cluster)).map(({ name, status }) => [name, status])).toEqual([['cluster_deletion', 'ready']]);
  });

  it('of an empty one is over at once', async () => {
    const { cluster } = await deployable([]);
    expect((await env.api.delete(`clusters/${cluster}/`)).statusCode).toBe(202);
    expect((await env.api.get(`clusters/${cluster}`)).statusCode).toBe(404);
  });

  it('is refused while it is being deleted', async () => {
    const { cluster } = await deployable([{ status: 'ready' }]);
    await env.api.sql.query(
      `insert into tasks (uuid, cluster_id, name, changes_cluster) values (gen_random_uuid(), $1, 'cluster_deletion', true)`,
      [cluster],
    );
    expect(refusal(await env.api.delete(`clusters/${cluster}`))).toEqual([400, 'Environment removal already started']);
    expect((await env.get(cluster)).status).toBe('new');
  });
});

describe('what starts a task', () => {
  it('is in the audit trail', async () => {
    const { cluster } = await deployable([{}]);
    const { id } = await env.starts(`clusters/${cluster}/changes`);
    const [event] = await env.api.sql.query<Record<string, unknown>[]>(
      `select user_name, action, after from audit_events where object_type = 'cluster' and object_id = $1 order by id desc limit 1`,
      [String(cluster)],
    );
    expect(event).toMatchObject({ user_name: 'admin', action: 'cluster.deploy', after: { task: id } });
    await env.ended(id);
  });
});

/** Every batch of the cluster has ended. */
async function settled(cluster: number): Promise<void> {
  await env.until(
    async () => {
      const [row] = await env.api.sql.query<{ open: number }[]>(
        `select count(*)::integer as open from batches where kind = 'fuel' and status = 'running' and (request->>'clusterId')::integer = $1`,
        [cluster],
      );
      return row!.open;
    },
    (open) => open === 0,
  );
}

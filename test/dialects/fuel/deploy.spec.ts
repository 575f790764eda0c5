import { type ClusterAnswer, Environments, refusal } from './environments.js';

/** Deployment of chosen nodes: spec fuel sections 3.3 and 5, acceptance cases 22 to 25, the contract's own flow. */
let env: Environments;
beforeAll(async () => {
  env = await Environments.running();
});
afterAll(() => env.close());

const HANGS = { hang: true };

describe('PUT deploy', () => {
  it('answers 200 with the running task; only the chosen nodes deploy, the cluster stays as it is (case 22)', async () => {
    const { cluster } = await env.pair();
    await env.setCluster(cluster, 'operational');
    const one = await env.node(cluster);
    const rest = { status: 'provisioned', progress: 0, pending_roles: ['compute'], simulation: HANGS };
    const two = await env.node(cluster, rest);
    const answer = await env.api.put(`/clusters/${cluster}/deploy/?nodes=%20${two},${two},,`, {});
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({ name: 'deployment', status: 'running', progress: 0, cluster });
    expect(await env.row(two)).toMatchObject({ status: 'deploying', progress: 0, roles: ['compute'] });
    expect((await env.row(one)).status).toBe('ready');
    expect((await env.get(cluster)).status).toBe('operational');
    await env.api.delete(`tasks/${answer.json<{ id: number }>().id}?force=1`);
  });

  it('is done when its nodes are', async () => {
    const { cluster } = await env.pair();
    await env.setCluster(cluster, 'operational');
    const node = await env.node(cluster);
    const { name } = await env.get(cluster);
    expect(await env.ended((await env.starts(`clusters/${cluster}/deploy?nodes=${node}`, 200)).id)).toMatchObject({
      status: 'ready',
      message: `Deployment of environment '${name}' is done`,
    });
    expect((await env.get(cluster)).status).toBe('operational');
  });

  it('deploys all controllers of a highly available cluster with one of them (case 23)', async () => {
    const { cluster } = await env.pair();
    const ids: number[] = [];
    for (let count = 0; count < 3; count += 1) {
      ids.push(await env.node(cluster, { roles: ['controller'], simulation: HANGS }));
    }
    const compute = await env.node(cluster, { roles: ['compute'] });
    const { id } = await env.starts(`clusters/${cluster}/deploy?nodes=${ids[1]}`, 200);
    for (const node of ids) expect((await env.row(node)).status).toBe('deploying');
    expect((await env.row(compute)).status).toBe('ready');
    await env.api.delete(`tasks/${id}?force=1`);
  });

  it('refuses nodes without a system and nodes that leave (case 24)', async () => {
    const { cluster } = await env.pair();
    const fresh = await env.node(cluster, { status: 'discover', pending_addition: true });
    const broken = await env.node(cluster, { status: 'error', error_type: 'provision' });
    const gone = await env.node(cluster, { pending_deletion: true });
    const busy = await env.node(cluster, { status: 'provisioning' });
    const put = async (...ids: number[]) =>
      refusal(await env.api.put(`clusters/${cluster}/deploy?nodes=${ids.join(',')}`));
    const start = 'Deployment operation cannot be started. ';
    const leaving = `Nodes with uids [${gone}] marked for deletion. Please remove them and restart deployment.`;
    expect(await put(fresh)).toEqual([400, `${start}Nodes with uids [${fresh}] are not provisioned yet. `]);
    expect(await put(broken, busy)).toEqual([
      400,
      `${start}Nodes with uids [${broken}, ${busy}] are not provisioned yet. `,
    ]);
    expect(await put(gone)).toEqual([400, start + leaving]);
    expect(await put(gone, fresh)).toEqual([
      400,
      `${start}Nodes with uids [${fresh}] are not provisioned yet. ${leaving}`,
    ]);
    expect((await env.row(gone)).status).toBe('ready');
    expect(await env.api.read(`tasks?cluster_id=${cluster}`)).toEqual([]);
  });

  it('refuses what is no number, nobody’s, or another’s (case 25, D6)', async () => {
    const { cluster } = await env.pair();
    const own = await env.node(cluster);
    const other = await env.node((await env.pair()).cluster);
    const put = async (nodes: string) => refusal(await env.api.put(`clusters/${cluster}/deploy?nodes=${nodes}`));
    expect(await put(`${own},abc`)).toEqual([400, 'Provided id is not integer']);
    expect(await put(`${own},9999`)).toEqual([404, 'NodeCollection not found']);
    expect(await put(`${own},99999999999999999999999`)).toEqual([404, 'NodeCollection not found']);
    expect(await put('-1')).toEqual([404, 'NodeCollection not found']);
    expect(await put(`${own},${other}`)).toEqual([400, `Nodes ${other} do not belong to cluster ${cluster}`]);
    expect(await put('')).toEqual([400, 'No changes to deploy']);
    for (const path of ['deploy?nodes=1', 'deploy?nodes=abc', 'deploy?nodes=1,9999', 'provision?nodes=abc']) {
      expect([path, ...refusal(await env.api.put(`clusters/9999/${path}`))]).toEqual([path, 404, 'Cluster not found']);
    }
    expect(refusal(await env.api.put('clusters/9999/deploy_tasks?nodes=abc', []))).toEqual([404, 'Cluster not found']);
    expect((await env.row(own)).status).toBe('ready');
  });

  it('without nodes takes those that need it', async () => {
    const { cluster } = await env.pair();
    const [ready, failed, changed] = [
      await env.node(cluster),
      await env.node(cluster, { status: 'error', error_type: 'deploy' }),
      await env.node(cluster, { pending_roles: ['cinder'] }),
    ];
    const { id } = await env.starts(`clusters/${cluster}/deploy?force=0&noop_run=0`, 200);
    await env.ended(id);
    const targets = await env.api.sql.query<{ target: string }[]>(
      'select target_id as target from jobs where batch_id = (select batch_id from tasks where id = $1) order by 1',
      [id],
    );
    expect(targets.map(({ target }) => Number(target))).toEqual([failed, changed]);
    expect((await env.row(ready)).deployed_release_id).toBe(null);
  });

  it('is won by one of twenty at once', async () => {
    const { cluster } = await env.pair();
    const node = await env.node(cluster, { simulation: HANGS });
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => env.api.put(`clusters/${cluster}/deploy/?nodes=${node}`)),
    );
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([200, ...Array<number>(19).fill(409)]);
    const [count] = await env.api.sql.query<{ jobs: number }[]>(
      `select count(*)::integer as jobs from jobs where target_kind = 'node' and target_id = $1`,
      [String(node)],
    );
    expect(count!.jobs).toBe(1);
    for (const task of await env.api.read<{ id: number }[]>(`tasks?cluster_id=${cluster}`)) {
      await env.api.delete(`tasks/${task.id}?force=1`);
    }
  });

  it('is one of twenty different operations at once, of which one wins', async () => {
    const { cluster } = await env.pair();
    await env.api.put(`clusters/${cluster}`, { pending_release_id: (await env.get(cluster)).release_id });
    const node = await env.node(cluster, { roles: ['controller'], pending_roles: ['cinder'], simulation: HANGS });
    const starts = ['update', `deploy?nodes=${node}`, 'changes', `provision?nodes=${node}`];
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, at) => env.api.put(`clusters/${cluster}/${starts[at % starts.length]}`)),
    );
    const won = answers.filter(({ statusCode }) => statusCode < 300);
    expect(won).toHaveLength(1);
    expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([won[0]!.statusCode, 409]));
    await env.api.delete(`tasks/${won[0]!.json<{ id: number }>().id}?force=1`);
    // Its work is stopped with it, and the node does not stay in the middle of things.
    const left = await env.until(
      () => env.row(node),
      ({ status }) => status !== 'deploying' && status !== 'provisioning',
    );
    expect(left).toMatchObject({ status: 'error', progress: 0 });
  });

  it('that fails leaves the cluster in error and what was not begun as well', async () => {
    const { cluster } = await env.pair({ mode: 'multinode' });
    await env.setCluster(cluster, 'operational');
    const bad = await env.node(cluster, { roles: ['controller'], simulation: { tick_ms: 5, fail: 'deploy' } });
    const rest = await env.node(cluster);
    const { id } = await env.starts(`clusters/${cluster}/deploy?nodes=${bad},${rest}`, 200);
    expect((await env.ended(id)).status).toBe('error');
    expect((await env.get(cluster)).status).toBe('error');
    expect(await env.row(bad)).toMatchObject({ status: 'error', progress: 100, error_type: 'deploy' });
    expect(await env.row(rest)).toMatchObject({ status: 'error', progress: 0, error_type: 'deploy' });
  });

  it('ignores its body, whatever it is', async () => {
    const { cluster } = await env.pair();
    const node = await env.node(cluster);
    const { statusCode, body } = await env.api.put(`clusters/${cluster}/deploy?nodes=${node}`, 'nonsense');
    expect(statusCode).toBe(200);
    await env.ended((JSON.parse(body) as { id: number }).id);
  });
});

describe('an upgrade node by node', () => {
  it('is over with the last node (D3)', async () => {
    const { cluster, old, next } = await env.pair();
    await env.setCluster(cluster, 'operational');
    const [one, two] = [await env.node(cluster), await env.node(cluster)];
    await env.node(cluster, { pending_deletion: true });
    const put = await env.api.put(`/clusters/${cluster}`, { status: 'update', pending_release_id: next });
    expect(put.json<ClusterAnswer>()).toMatchObject({ status: 'update', pending_release_id: next });
    await env.ended((await env.starts(`/clusters/${cluster}/deploy/?nodes=${one}`, 200)).id);
    expect(await env.get(cluster)).toMatchObject({ status: 'update', release_id: old, pending_release_id: next });
    expect((await env.row(one)).deployed_release_id).toBe(next);
    await env.ended((await env.starts(`/clusters/${cluster}/deploy/?nodes=${two}`, 200)).id);
    expect(await env.get(cluster)).toMatchObject({ status: 'operational', release_id: next, pending_release_id: null });
  });

  it('starts over when another release becomes pending', async () => {
    const { cluster, old, next } = await env.pair();
    await env.setCluster(cluster, 'operational');
    const [one, two] = [await env.node(cluster), await env.node(cluster)];
    await env.api.put(`clusters/${cluster}`, { status: 'update', pending_release_id: next });
    await env.ended((await env.starts(`clusters/${cluster}/deploy?nodes=${one}`, 200)).id);
    await env.api.put(`clusters/${cluster}`, { status: 'update', pending_release_id: old });
    await env.ended((await env.starts(`clusters/${cluster}/deploy?nodes=${two}`, 200)).id);
    expect((await env.get(cluster)).status).toBe('update');
    await env.ended((await env.starts(`clusters/${cluster}/deploy?nodes=${one}`, 200)).id);
    expect(await env.get(cluster)).toMatchObject({ status: 'operational', release_id: old, pending_release_id: null });
  });

  it('that failed goes on with the pending release, not the old one', async () => {
    const { cluster, next } = await env.pair();
    await env.setCluster(cluster, 'operational');
    const node = await env.node(cluster, { simulation: { tick_ms: 5, fail: 'deploy' } });
    await env.api.put(`clusters/${cluster}`, { status: 'update', pending_release_id: next });
    await env.ended((await env.starts(`clusters/${cluster}/deploy?nodes=${node}`, 200)).id);
    expect(await env.get(cluster)).toMatchObject({ status: 'error', pending_release_id: next });
    await env.api.sql.query(`update nodes set simulation = '{"tick_ms": 5}' where id = $1`, [node]);
    await env.ended((await env.starts(`clusters/${cluster}/deploy?nodes=${node}`, 200)).id);
    expect((await env.row(node)).deployed_release_id).toBe(next);
    expect(await env.get(cluster)).toMatchObject({ status: 'operational', release_id: next, pending_release_id: null });
  });

  it('does not count deployments of the old release', async () => {
    const { cluster, old, next } = await env.pair();
    await env.setCluster(cluster, 'operational');
    const node = await env.node(cluster);
    await env.api.put(`clusters/${cluster}`, { pending_release_id: next });
    await env.ended((await env.starts(`clusters/${cluster}/deploy?nodes=${node}`, 200)).id);
    expect((await env.row(node)).deployed_release_id).toBe(old);
    expect(await env.get(cluster)).toMatchObject({ status: 'operational', release_id: old, pending_release_id: next });
  });
});

describe('PUT provision', () => {
  it('provisions, and the node may be deployed then', async () => {
    const { cluster } = await env.pair();
    const node = await env.node(cluster, {
      status: 'discover',
      progress: 0,
      pending_addition: true,
      pending_roles: ['compute'],
    });
    const task = await env.starts(`clusters/${cluster}/provision?nodes=${node}`);
    expect(task).toMatchObject({ name: 'provision', status: 'running' });
    expect(await env.ended(task.id)).toMatchObject({ status: 'ready', progress: 100 });
    expect(await env.row(node)).toMatchObject({
      status: 'provisioned',
      progress: 100,
      pending_addition: false,
      pending_roles: ['compute'],
    });
    await env.ended((await env.starts(`clusters/${cluster}/deploy?nodes=${node}`, 200)).id);
    expect(await env.row(node)).toMatchObject({ status: 'ready', roles: ['compute'], pending_roles: [] });
  });

  it('is one of twenty different operations at once, of which one wins', async () => {
    const { cluster } = await env.pair();
    await env.api.put(`clusters/${cluster}`, { pending_release_id: (await env.get(cluster)).release_id });
    const node = await env.node(cluster, { roles: ['controller'], pending_roles: ['cinder'], simulation: HANGS });
    const starts = ['update', `deploy?nodes=${node}`, 'changes', `provision?nodes=${node}`];
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, at) => env.api.put(`clusters/${cluster}/${starts[at % starts.length]}`)),
    );
    const won = answers.filter(({ statusCode }) => statusCode < 300);
    expect(won).toHaveLength(1);
    expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([won[0]!.statusCode, 409]));
    await env.api.delete(`tasks/${won[0]!.json<{ id: number }>().id}?force=1`);
    // Its work is stopped with it, and the node does not stay in the middle of things.
    const left = await env.until(
      () => env.row(node),
      ({ status }) => status !== 'deploying' && status !== 'provisioning',
    );
    expect(left).toMatchObject({ status: 'error', progress: 0 });
  });

  it('that fails leaves the cluster in error', async () => {
    const { cluster } = await env.pair();
    const node = await env.node(cluster, { status: 'discover', simulation: { tick_ms: 5, fail: 'provision' } });
    await env.ended((await env.starts(`clusters/${cluster}/provision?nodes=${node}`)).id);
    expect(await env.row(node)).toMatchObject({ status: 'error', progress: 100, error_type: 'provision' });
    expect((await env.get(cluster)).status).toBe('error');
  });

  it('is refused for an unavailable release', async () => {
    const release = await env.release('gone', [], { name: 'Old', state: 'unavailable' });
    const cluster = await env.cluster(release);
    const node = await env.node(cluster);
    expect(refusal(await env.api.put(`clusters/${cluster}/provision?nodes=${node}`))).toEqual([
      400,
      "Release 'Old gone' is unavailable!",
    ]);
    expect(refusal(await env.api.put(`clusters/${cluster}/provision`))).toEqual([400, 'No changes to deploy']);
  });
});

describe('PUT deploy_tasks', () => {
  it('takes names of the release’s tasks only', async () => {
    const tasks = [{ id: 'hello', type: 'shell', role: '*', parameters: { cmd: 'true' } }];
    const cluster = await env.cluster(await env.release('tasks', [], { deployment_tasks: tasks }));
    const node = await env.node(cluster);
    const put = (names: unknown) =>
      env.api.put(`clusters/${cluster}/deploy_tasks?nodes=${node}`, JSON.stringify(names));
    expect(refusal(await put([]))[0]).toBe(400);
    expect(refusal(await put(['hello', 'unknown']))).toEqual([
      400,
      'Tasks unknown are not present in deployment graph',
    ]);
    expect(refusal(await put([1]))[0]).toBe(400);
    const answer = await put(['hello']);
    expect(answer.statusCode).toBe(202);
    expect((await env.ended(answer.json<{ id: number }>().id)).status).toBe('ready');
    expect(await env.api.read(`clusters/${cluster}/deployment_tasks`)).toEqual(tasks);
    // The rest of the release was not put on it: no upgrade is over by that.
    expect((await env.row(node)).deployed_release_id).toBe(null);
  });
});

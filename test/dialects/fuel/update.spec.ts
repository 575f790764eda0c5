import { type ClusterAnswer, Environments, refusal } from './environments.js';

/** Upgrades of whole environments: spec fuel sections 3.2 and 5, acceptance cases 16 to 21. */
let env: Environments;
beforeAll(async () => {
  env = await Environments.running();
});
afterAll(() => env.close());

const HANGS = { hang: true };

/** A cluster that is to be brought to its pending release, with one node for each row. */
async function upgradable(rows: Parameters<Environments['node']>[1][], more: Record<string, unknown> = {}) {
  const { old, next, cluster } = await env.pair(more);
  await env.setCluster(cluster, 'operational');
  const nodes: number[] = [];
  for (const row of rows) nodes.push(await env.node(cluster, { roles: ['compute'], ...row }));
  await env.api.put(`clusters/${cluster}`, { pending_release_id: next });
  return { old, next, cluster, nodes };
}

describe('PUT update', () => {
  it('starts a task that runs, with its nodes deploying (case 16)', async () => {
    const { cluster, nodes } = await upgradable([
      { simulation: HANGS },
      { status: 'provisioned', progress: 0, pending_roles: ['cinder'], pending_addition: true, simulation: HANGS },
      { status: 'error', error_type: 'deploy', error_msg: 'old', simulation: HANGS },
      { status: 'error', error_type: 'provision' },
      { status: 'discover' },
    ]);
    const answer = await env.api.put(`/api/clusters/${cluster}/update`);
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toEqual({
      id: expect.any(Number),
      cluster,
      uuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      name: 'update',
      result: {},
      message: null,
      status: 'running',
      progress: 0,
    });
    expect((await env.get(cluster)).status).toBe('update');
    const rows = await Promise.all(nodes.map((id) => env.row(id)));
    expect(rows.map(({ status }) => status)).toEqual(['deploying', 'deploying', 'deploying', 'error', 'discover']);
    expect(rows[1]).toMatchObject({
      progress: 0,
      roles: ['compute', 'cinder'],
      pending_roles: [],
      pending_addition: false,
      fqdn: `node-${nodes[1]}.domain.tld`,
    });
    expect(rows[2]).toMatchObject({ error_type: null, error_msg: null });
    await env.api.delete(`tasks/${answer.json<{ id: number }>().id}?force=1`);
  });

  it('swaps the release when all is done (case 18)', async () => {
    const { next, cluster, nodes } = await upgradable([{}, {}]);
    const task = await env.ended((await env.starts(`clusters/${cluster}/update`)).id);
    const { name } = await env.get(cluster);
    expect(task).toMatchObject({ status: 'ready', progress: 100, message: `Update of environment '${name}' is done` });
    expect(await env.get(cluster)).toMatchObject({ status: 'operational', release_id: next, pending_release_id: null });
    for (const id of nodes) {
      expect(await env.row(id)).toMatchObject({ status: 'ready', progress: 100, deployed_release_id: next });
    }
    expect(await env.notifications(cluster)).toEqual([{ topic: 'done', message: task.message }]);
  });

  it('goes on after a node that is not critical (case 19)', async () => {
    const { old, next, cluster, nodes } = await upgradable([
      { simulation: { tick_ms: 5, fail: 'deploy' } },
      { simulation: HANGS },
    ]);
    const { id } = await env.starts(`clusters/${cluster}/update`);
    const failed = await env.until(
      () => env.row(nodes[0]!),
      ({ status }) => status === 'error',
    );
    expect(failed).toMatchObject({ progress: 100, error_type: 'deploy' });
    expect(await env.task(id)).toMatchObject({ status: 'running' });
    expect(await env.get(cluster)).toMatchObject({ status: 'update', release_id: old, pending_release_id: next });
    const second = () =>
      env.api.sql.query<{ status: string }[]>('select status from jobs where target_id = $1', [String(nodes[1])]);
    await env.until(second, ([job]) => job!.status === 'running');
    await env.api.delete(`tasks/${id}?force=1`);
  });

  it('fails when a node failed, and keeps both releases (cases 20 and 27)', async () => {
    const { old, next, cluster, nodes } = await upgradable([{ simulation: { tick_ms: 5, fail: 'deploy' } }, {}]);
    const task = await env.ended((await env.starts(`clusters/${cluster}/update`)).id);
    const failed = await env.row(nodes[0]!);
    expect(failed).toMatchObject({ status: 'error', progress: 100, error_type: 'deploy' });
    expect(task).toMatchObject({
      status: 'error',
      progress: 100,
      message: `Update has failed. Check these nodes:\n'${failed.name}'`,
    });
    expect((await env.row(nodes[1]!)).status).toBe('ready');
    expect(await env.get(cluster)).toMatchObject({ status: 'update_error', release_id: old, pending_release_id: next });
    expect(await env.notifications(cluster)).toEqual([
      { topic: 'error', message: `Failed to deploy node '${failed.name}': ${failed.error_msg}` },
      { topic: 'error', message: task.message },
    ]);
  });

  it('stops at a critical node, and what was not begun is in error (case 21)', async () => {
    const { old, next, cluster, nodes } = await upgradable(
      [{ roles: ['controller'], simulation: { tick_ms: 5, fail: 'deploy' } }, {}],
      { mode: 'multinode' },
    );
    const task = await env.ended((await env.starts(`clusters/${cluster}/update`)).id);
    expect(task.status).toBe('error');
    expect(await env.row(nodes[1]!)).toMatchObject({ status: 'error', progress: 0, error_type: 'deploy' });
    expect(await env.get(cluster)).toMatchObject({ status: 'update_error', release_id: old, pending_release_id: next });
  });

  it('fails while any node of the cluster is in error', async () => {
    const { cluster } = await upgradable([{}, { status: 'error', error_type: 'provision' }]);
    const task = await env.ended((await env.starts(`clusters/${cluster}/update`)).id);
    expect(task.status).toBe('error');
    expect((await env.get(cluster)).status).toBe('update_error');
  });

  it('is taken back by making the current release pending', async () => {
    const { old, cluster, nodes } = await upgradable([{ simulation: { tick_ms: 5, fail: 'deploy' } }, {}]);
    await env.ended((await env.starts(`clusters/${cluster}/update`)).id);
    await env.api.sql.query(`update nodes set simulation = '{"tick_ms": 5}' where id = $1`, [nodes[0]]);
    const put = await env.api.put(`clusters/${cluster}`, { pending_release_id: old });
    expect(put.json<ClusterAnswer>().pending_release_id).toBe(old);
    expect((await env.ended((await env.starts(`clusters/${cluster}/update`)).id)).status).toBe('ready');
    expect(await env.get(cluster)).toMatchObject({ status: 'operational', release_id: old, pending_release_id: null });
    expect((await env.row(nodes[1]!)).deployed_release_id).toBe(old);
  });

  it('works on one node at a time', async () => {
    const { cluster } = await upgradable([{}, {}, {}]);
    const { id } = await env.starts(`clusters/${cluster}/update`);
    await env.ended(id);
    const jobs = await env.api.sql.query<{ startedAt: Date; finishedAt: Date }[]>(
      `select started_at as "startedAt", finished_at as "finishedAt" from jobs
       where batch_id = (select batch_id from tasks where id = $1) order by started_at`,
      [id],
    );
    expect(jobs).toHaveLength(3);
    for (const [at, job] of jobs.entries()) {
      if (at > 0) expect(job.startedAt.getTime()).toBeGreaterThanOrEqual(jobs[at - 1]!.finishedAt.getTime());
    }
  });

  it('works on as many as the environment’s settings say, also when it is deployed', async () => {
    const { cluster } = await upgradable([{}, {}]);
    const editable = { slipway: { max_parallel: { value: 2 } } };
    expect((await env.api.put(`clusters/${cluster}/attributes`, { editable })).statusCode).toBe(200);
    const { id } = await env.starts(`clusters/${cluster}/update`);
    await env.ended(id);
    const [batch] = await env.api.sql.query<{ mode: string; limit: number }[]>(
      `select mode, max_parallel as limit from batches where id = (select batch_id from tasks where id = $1)`,
      [id],
    );
    expect(batch).toEqual({ mode: 'parallel', limit: 2 });
  });

  it('takes all controllers of a highly available cluster, and no controller that leaves', async () => {
    const { cluster, nodes } = await upgradable([
      { roles: ['controller'] },
      { roles: ['controller'], status: 'error', error_type: 'provision' },
      { roles: ['controller'], status: 'discover', pending_deletion: true },
    ]);
    const { id } = await env.starts(`clusters/${cluster}/update`);
    const targets = await env.api.sql.query<{ target: string }[]>(
      'select target_id as target from jobs where batch_id = (select batch_id from tasks where id = $1) order by id',
      [id],
    );
    expect(targets.map(({ target }) => Number(target))).toEqual(nodes.slice(0, 2));
    await env.ended(id);
  });

  it('is refused without a pending release (case 17), or without nodes, and changes nothing', async () => {
    const { cluster } = await upgradable([{}]);
    await env.api.put(`clusters/${cluster}`, { pending_release_id: null });
    const before = await env.get(cluster);
    expect(refusal(await env.api.put(`clusters/${cluster}/update`))).toEqual([
      400,
      `Can't update environment '${before.name}' when new release Id is invalid`,
    ]);
    const empty = await upgradable([]);
    expect(refusal(await env.api.put(`clusters/${empty.cluster}/update`))).toEqual([400, 'No changes to deploy']);
    expect(await env.get(cluster)).toEqual(before);
    expect(await env.api.read(`tasks?cluster_id=${cluster}`)).toEqual([]);
  });

  it('is refused while anything else runs on the cluster, and so is everything else', async () => {
    const { cluster, nodes } = await upgradable([{ simulation: { hang: true } }]);
    const { id } = await env.starts(`clusters/${cluster}/update`);
    const put = async (end: string) => refusal(await env.api.put(`clusters/${cluster}/${end}`));
    const busy = `Can't update environment '${cluster}' when other task is running`;
    expect(await put('update')).toEqual([409, busy]);
    expect(await put(`deploy?nodes=${nodes[0]}`)).toEqual([409, 'Deployment already started']);
    expect(await put(`provision?nodes=${nodes[0]}`)).toEqual([409, 'Deployment already started']);
    expect(await put('changes')).toEqual([409, 'Deployment already started']);
    expect(await put('reset')).toEqual([409, `Can't reset environment '${cluster}' when deployment is running`]);
    expect(refusal(await env.api.delete(`clusters/${cluster}`))[0]).toBe(409);
    expect(await put('stop_deployment')).toEqual([
      400,
      `Nothing to stop - deployment is not running on environment '${cluster}'`,
    ]);
    expect(await env.api.read<unknown[]>(`tasks?cluster_id=${cluster}`)).toHaveLength(1);
    await env.api.delete(`tasks/${id}?force=1`);
  });
});

describe('a release that becomes pending while another is put on the nodes', () => {
  it('stays pending', async () => {
    // Started by a process that executes nothing, so that the change comes in between.
    const idle = await Environments.start();
    try {
      const { next, cluster, old } = await idle.pair();
      await idle.node(cluster);
      await idle.api.put(`clusters/${cluster}`, { pending_release_id: next });
      const { id } = await idle.starts(`clusters/${cluster}/update`);
      await idle.api.put(`clusters/${cluster}`, { pending_release_id: old });
      const worker = await Environments.running({ database: idle.api.app.database });
      await idle.ended(id);
      expect(await idle.get(cluster)).toMatchObject({ release_id: next, pending_release_id: old });
      await worker.close();
    } finally {
      await idle.close();
    }
  });
});

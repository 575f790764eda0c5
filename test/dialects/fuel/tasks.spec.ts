import { Environments, refusal, type TaskAnswer } from './environments.js';

/** Spec fuel section 3.11, acceptance cases 26 and 28. Nothing is executed: tasks stay as they were started. */
let env: Environments;
beforeAll(async () => {
  env = await Environments.start();
});
afterAll(() => env.close());

/** A cluster whose one node is being deployed, by a job nobody takes. */
async function deploying(): Promise<{ cluster: number; node: number; task: TaskAnswer }> {
  const { cluster } = await env.pair();
  const node = await env.node(cluster);
  return { cluster, node, task: await env.starts(`clusters/${cluster}/deploy?nodes=${node}`, 200) };
}

describe('tasks', () => {
  it('are read one by one, by cluster, and under both names', async () => {
    const first = await deploying();
    const second = await deploying();
    const { task } = first;
    for (const path of [
      `tasks/${task.id}`,
      `/api/tasks/${task.id}/`,
      `/tasks/${task.id}`,
      `transactions/${task.id}`,
      `/api/transactions/${task.id}/`,
    ]) {
      expect(await env.api.read(path)).toEqual(task);
    }
    for (const path of ['tasks', '/api/tasks/', 'transactions/']) {
      expect(await env.api.read(path)).toEqual([task, second.task]);
    }
    expect(await env.api.read(`tasks?cluster_id=${second.cluster}`)).toEqual([second.task]);
    expect(await env.api.read(`transactions/?cluster_id=${second.cluster}`)).toEqual([second.task]);
    expect(await env.api.read('tasks?cluster_id=9999')).toEqual([]);
    expect(await env.api.read('tasks?cluster_id=99999999999999')).toEqual([]);
    expect(await env.api.read('tasks?cluster_id=')).toEqual([]);
    expect(refusal(await env.api.get('tasks?cluster_id=abc'))).toEqual([400, 'cluster_id is not integer']);
    expect(task).toEqual({
      id: expect.any(Number),
      cluster: first.cluster,
      uuid: expect.any(String),
      name: 'deployment',
      result: {},
      message: null,
      status: 'running',
      progress: 0,
    });
  });

  it('that are not there are 404, and what is not offered 405', async () => {
    for (const method of ['GET', 'DELETE']) {
      for (const path of ['tasks/9999', 'transactions/9999']) {
        expect(refusal(await env.api.send(method, path))).toEqual([404, 'Task not found']);
      }
    }
    expect(refusal(await env.api.put('tasks/9999', {}))).toEqual([404, 'Task not found']);
    expect((await env.api.get('tasks/abc')).statusCode).toBe(404);
    expect((await env.api.post('tasks', {})).statusCode).toBe(405);
    expect((await env.api.put('transactions/1', {})).statusCode).toBe(405);
  });

  it('take a message and a result, and leave the rest to their work', async () => {
    const { task } = await deploying();
    const change = { message: 'seen', result: { a: [1] }, status: 'ready', progress: 99, name: 'x', cluster: 7, id: 9 };
    const answer = await env.api.put(`tasks/${task.id}`, change);
    expect([answer.statusCode, answer.json()]).toEqual([200, { ...task, message: 'seen', result: { a: [1] } }]);
    expect(refusal(await env.api.put(`tasks/${task.id}`, ''))).toEqual([400, 'Empty request received']);
    expect(refusal(await env.api.put(`tasks/${task.id}`, { result: [] }))[0]).toBe(400);
  });

  it('that run are deleted by force only (case 28)', async () => {
    for (const name of ['tasks', 'transactions']) {
      const { task } = await deploying();
      for (const query of ['', '?force=', '?force=0']) {
        expect(refusal(await env.api.delete(`${name}/${task.id}${query}`))).toEqual([
          400,
          'You cannot delete running task manually',
        ]);
      }
      const answer = await env.api.delete(`${name}/${task.id}/?force=1`);
      expect([answer.statusCode, answer.body]).toEqual([204, '']);
      expect((await env.api.get(`tasks/${task.id}`)).statusCode).toBe(404);
    }
  });

  it('that were deleted while they ran leave no work behind, and the cluster free', async () => {
    const { cluster, node, task } = await deploying();
    await env.api.delete(`tasks/${task.id}?force=1`);
    const jobs = await env.api.sql.query('select status from jobs where target_id = $1', [String(node)]);
    expect(jobs).toEqual([{ status: 'cancelled' }]);
    await env.api.sql.query(`update nodes set status = 'ready' where id = $1`, [node]);
    await env.starts(`clusters/${cluster}/deploy?nodes=${node}`, 200);
  });

  it('take their children along', async () => {
    const { cluster } = await env.pair();
    await env.node(cluster, { status: 'discover', pending_addition: true, pending_roles: ['controller'] });
    const parent = await env.starts(`clusters/${cluster}/changes`);
    expect(await env.api.read(`tasks?cluster_id=${cluster}`)).toHaveLength(3);
    expect((await env.api.delete(`tasks/${parent.id}?force=1`)).statusCode).toBe(204);
    expect(await env.api.read(`tasks?cluster_id=${cluster}`)).toEqual([]);
  });

  it('that are over are deleted without force', async () => {
    const { cluster } = await env.pair();
    const { id, status } = await env.starts(`clusters/${cluster}/reset`);
    expect(status).toBe('ready');
    expect((await env.api.delete(`tasks/${id}`)).statusCode).toBe(204);
  });
});

describe('the progress of a running task', () => {
  it('is worked out over the whole cluster (case 26)', async () => {
    const { cluster, node, task } = await deploying();
    await env.api.sql.query('update nodes set progress = 100 where id = $1', [node]);
    await env.node(cluster, { status: 'provisioned', progress: 100 });
    await env.node(cluster, { status: 'ready', progress: 0 });
    await env.node(cluster, { status: 'discover', progress: 0 });
    expect((await env.task(task.id)).progress).toBe(25);
  });

  it('follows the jobs of the nodes', async () => {
    const { node, task } = await deploying();
    const [, cluster] = [node, task.cluster];
    for (let count = 0; count < 3; count += 1) await env.node(cluster);
    expect((await env.task(task.id)).progress).toBe(75);
    await env.api.sql.query(`update jobs set status = 'running', progress = 40 where target_id = $1`, [String(node)]);
    expect((await env.task(task.id)).progress).toBe(85);
  });

  it('counts a node whose deployment follows its provisioning as soon as it begins', async () => {
    const { cluster } = await env.pair();
    const node = await env.node(cluster, {
      status: 'discover',
      pending_addition: true,
      pending_roles: ['controller'],
    });
    await env.starts(`clusters/${cluster}/changes`);
    await env.api.sql.query(`update nodes set status = 'provisioned', progress = 0 where id = $1`, [node]);
    expect(await env.api.read(`nodes/${node}`)).toMatchObject({ status: 'provisioned', progress: 0 });
    await env.api.sql.query(
      `update jobs set status = 'running', progress = 40 where target_id = $1 and input->>'action' = 'deploy'`,
      [String(node)],
    );
    expect(await env.api.read(`nodes/${node}`)).toMatchObject({ status: 'deploying', progress: 40 });
    const tasks = await env.api.read<TaskAnswer[]>(`tasks?cluster_id=${cluster}`);
    expect(tasks.at(-1)).toMatchObject({ name: 'deployment', progress: 40 });
  });

  it('never goes down, whatever the nodes do to the arithmetic', async () => {
    const { cluster, node, task } = await deploying();
    const other = await env.node(cluster, { online: false });
    await env.api.sql.query('update nodes set progress = 50 where id = $1', [node]);
    expect((await env.task(task.id)).progress).toBe(83);
    await env.api.sql.query('update nodes set online = true where id = $1', [other]);
    expect((await env.task(task.id)).progress).toBe(83);
    await env.api.sql.query(`update nodes set status = 'error' where id = $1`, [other]);
    expect((await env.api.read<TaskAnswer[]>(`tasks?cluster_id=${cluster}`))[0]!.progress).toBe(83);
  });

  it('of a parent is its children’s, by weight', async () => {
    const { cluster } = await env.pair();
    const node = await env.node(cluster, { status: 'discover', pending_addition: true, pending_roles: ['controller'] });
    const parent = await env.starts(`clusters/${cluster}/changes`);
    await env.api.sql.query('update nodes set progress = 70 where id = $1', [node]);
    // provision 70 by 0.4, deployment 0 by 1
    expect((await env.task(parent.id)).progress).toBe(20);
    const all = await env.api.read<TaskAnswer[]>(`tasks?cluster_id=${cluster}`);
    expect(all.map(({ name, progress }) => [name, progress])).toEqual([
      ['deploy', 20],
      ['provision', 70],
      ['deployment', 0],
    ]);
  });
});

describe('one running task for each cluster', () => {
  it('is kept by the database as well', async () => {
    const { cluster } = await deploying();
    const insert = env.api.sql.query(
      `insert into tasks (uuid, cluster_id, name, changes_cluster) values (gen_random_uuid(), $1, 'update', true)`,
      [cluster],
    );
    await expect(insert).rejects.toThrow('tasks_one_running_per_cluster');
  });
});

import { designText, type Drydock, scriptAction, startDrydock, type TaskWire, until } from './drydock.js';

let drydock: Drydock;

beforeAll(async () => {
  drydock = await startDrydock();
});

afterAll(() => drydock.close());

async function parts(task: TaskWire): Promise<TaskWire[]> {
  return Promise.all(task.subtask_id_list.map((id) => drydock.task(id)));
}

function words(task: TaskWire): string[] {
  return task.result.details.messageList.map(({ message }) => message);
}

describe('validate_design', () => {
  it('succeeds on a good design', async () => {
    const design = drydock.web.put('/good.yaml', designText({ nodes: [{ name: 'v1' }] }));
    const task = await drydock.ended(await drydock.start('validate_design', design));
    expect(task).toMatchObject({ status: 'complete', result: { status: 'success', details: { errorCount: 0 } } });
    expect(task.result.message).toBe('Site design passed validation');
  });

  it('fails on a bad one, and says what is wrong with it', async () => {
    const design = drydock.web.put('/bad.yaml', 'schema: drydock/Rack/v9\nmetadata: {name: r}\ndata: {}\n');
    const task = await drydock.ended(await drydock.start('validate_design', design));
    expect(task).toMatchObject({ status: 'complete', result: { status: 'failure', reason: 'Invalid design.' } });
    expect(task.result.details.errorCount).toBeGreaterThan(0);
  });

  it('fails when there is no design', async () => {
    const task = await drydock.ended(await drydock.start('validate_design', `${drydock.web.origin}/none.yaml`));
    expect(task.result.status).toBe('failure');
    expect(words(task).join()).toMatch(/404/);
  });
});

describe('deploying', () => {
  it('goes through all its parts and leaves the nodes deployed', async () => {
    const design = drydock.files.write('two.yaml', designText({ nodes: [{ name: 'd1' }, { name: 'd2' }] }));
    const task = await drydock.ended(await drydock.start('deploy_nodes', design));
    expect(task.result).toMatchObject({ status: 'success', successes: ['d1', 'd2'], failures: [] });
    expect((await parts(task)).map(({ action, status, result }) => [action, status, result.status])).toEqual(
      ['apply_node_networking', 'apply_node_storage', 'apply_node_platform', 'deploy_node', 'bootaction_report'].map(
        (action) => [action, 'complete', 'success'],
      ),
    );
    expect(words(task)[0]).toBe(`Started subtask ${task.subtask_id_list[0]} for action apply_node_networking`);
    const nodes = (await drydock.get('/nodes')).json<
      { hostname: string; status_name: string; power_state: string }[]
    >();
    expect(nodes).toEqual(
      expect.arrayContaining([expect.objectContaining({ hostname: 'd1', status_name: 'Deployed', power_state: 'on' })]),
    );
  });

  it('counts every node, however many end at the same time', async () => {
    const names = Array.from({ length: 24 }, (_, index) => `m${index}`);
    const nodes = names.map((name) => ({ name, oob: { type: 'simulated', simulated_ms: '0' } }));
    const design = drydock.files.write('many.yaml', designText({ nodes }));
    const task = await drydock.ended(await drydock.start('deploy_nodes', design));
    expect(task.result).toMatchObject({ status: 'success', successes: names, failures: [] });
    expect((await parts(task)).map(({ result }) => result.details.messageList.length)).toEqual([24, 24, 24, 24, 0]);
  });

  it('keeps what cloud-init is to install as build data', async () => {
    const bootActions = {
      tools: { signaling: false, assets: [{ type: 'pkg_list', data: { htop: null, jq: '1.6-2.1' } }] },
    };
    const design = drydock.files.write('packages.yaml', designText({ nodes: [{ name: 'c1' }], bootActions }));
    expect((await drydock.ended(await drydock.start('deploy_nodes', design))).result.status).toBe('success');
    const found = (await drydock.get('/nodes/c1/builddata')).json<Record<string, string>[]>();
    expect(found).toEqual([expect.objectContaining({ generator: 'user_data', data_format: 'text/cloud-config' })]);
    expect(found[0]!['data_element']).toBe('#cloud-config\n{"packages":["htop",["jq","1.6-2.1"]]}\n');
  });

  it('has nothing to do for a filter that takes no node', async () => {
    const design = drydock.files.write('one.yaml', designText({ nodes: [{ name: 'e1' }] }));
    const filter = { filter_set_type: 'union', filter_set: [{ filter_type: 'union', node_names: ['nobody'] }] };
    const task = await drydock.ended(await drydock.start('deploy_nodes', design, filter));
    expect(task.result).toMatchObject({ status: 'success', message: 'No nodes in scope, no work to do.' });
    expect(task.subtask_id_list).toEqual([]);
  });

  it('tries a node that fails three times, and goes on with the others', async () => {
    const failing = { type: 'simulated', simulated_ms: '10', simulated_failing: 'deploy' };
    const nodes = [
      { name: 'f1' },
      { name: 'f2', oob: failing },
      { name: 'f3', oob: { ...failing, simulated_failures: '1' } },
    ];
    const design = drydock.files.write(
      'failing.yaml',
      designText({ nodes, bootActions: { hello: { ...scriptAction(), signaling: false } } }),
    );
    const task = await drydock.ended(await drydock.start('deploy_nodes', design));
    expect(task.result).toMatchObject({ status: 'partial_success', successes: ['f1', 'f3'], failures: ['f2'] });
    const deployments = (await parts(task)).filter(({ action }) => action === 'deploy_node');
    expect(deployments.map(({ retry, result }) => [retry, result.successes, result.failures])).toEqual([
      [0, ['f1'], ['f2', 'f3']],
      [1, ['f3'], ['f2']],
      [2, [], ['f2']],
    ]);
    expect(task.retry).toBe(2);
  });
});

describe('the other tasks', () => {
  it('verify and prepare a site in their parts', async () => {
    const design = drydock.files.write('site.yaml', designText({ nodes: [{ name: 's1' }] }));
    const verified = await drydock.ended(await drydock.start('verify_site', design));
    expect((await parts(verified)).map(({ action }) => action)).toEqual(['validate_node_services']);
    const prepared = await drydock.ended(await drydock.start('prepare_site', design));
    expect((await parts(prepared)).map(({ action, result }) => [action, result.status])).toEqual([
      ['create_network_template', 'success'],
      ['configure_user_credentials', 'success'],
      ['configure_node_provisioner', 'success'],
    ]);
    expect([verified.result.status, prepared.result.status]).toEqual(['success', 'success']);
  });

  it('prepare nodes, each by itself, and find out what they are', async () => {
    const broken = { type: 'simulated', simulated_ms: '10', simulated_failing: 'power' };
    const nodes = [{ name: 'p1' }, { name: 'p2', oob: broken }];
    const design = drydock.files.write('prepare.yaml', designText({ nodes }));
    const task = await drydock.ended(await drydock.start('prepare_nodes', design));
    expect(task.result).toMatchObject({ status: 'partial_success', successes: ['p1'], failures: ['p2'] });
    const [first, second] = await parts(task);
    expect([first, second].map((part) => part?.action)).toEqual(['prepare_nodes', 'prepare_nodes']);
    const steps = await parts(first!);
    expect(steps.map(({ action }) => action)).toEqual([
      'identify_node',
      'set_node_boot',
      'power_cycle_node',
      'identify_node',
      'configure_hardware',
    ]);
    const stopped = (await parts(second!)).at(-1)!;
    expect(stopped).toMatchObject({ action: 'power_cycle_node', result: { status: 'failure', failures: ['p2'] } });
    expect(stopped.result.details.messageList).toEqual([
      expect.objectContaining({
        message: 'The simulated host was told to fail its power',
        error: true,
        context_type: 'node',
        context: 'p2',
      }),
    ]);
    const nodeRows = (await drydock.get('/nodes')).json<Record<string, unknown>[]>();
    expect(nodeRows.find(({ hostname }) => hostname === 'p1')).toEqual({
      hostname: 'p1',
      memory: expect.any(Number) as number,
      cpu_count: expect.any(Number) as number,
      status_name: 'Ready',
      boot_mac: expect.stringMatching(/^52:54:00:/) as string,
      power_state: 'on',
      power_address: null,
      boot_ip: '10.0.0.11',
    });
    const found = (await drydock.get('/nodes/p1/builddata?latest=true')).json<
      { generator: string; task_id: string }[]
    >();
    expect(found).toEqual([expect.objectContaining({ generator: 'simulated', task_id: steps[3]!.task_id })]);
    expect((await drydock.get(`/tasks/${steps[0]!.task_id}/builddata`)).json()).toHaveLength(1);
    const { dataSource } = drydock.test.database;
    const errors = (await drydock.get(`/tasks/${task.task_id}?subtaskerrors=true`)).json()['subtask_errors'];
    expect(Object.keys(errors as object)).toEqual([stopped.task_id]);
    expect(await dataSource.query(`select 1 from drydock_boot_contexts where node_name in ('p1', 'p2')`)).toEqual([]);
  });

  it('verify nodes by the kinds of their controllers, and relabel them', async () => {
    const ref = drydock.files.write('kinds.yaml', designText({ nodes: [{ name: 'k1' }] }));
    const relabelled = await drydock.ended(await drydock.start('relabel_nodes', ref));
    expect((await parts(relabelled)).map(({ action }) => action)).toEqual(['relabel_node']);
    const kinds = [{ name: 'k1' }, { name: 'k2', oob: { type: 'manual' } }, { name: 'k3' }];
    const mixed = drydock.files.write('mixed.yaml', designText({ nodes: kinds }));
    const verified = await drydock.ended(await drydock.start('verify_nodes', mixed));
    expect(verified.result).toMatchObject({ status: 'success' });
    expect((await parts(verified)).map(({ action, result }) => [action, result.successes])).toEqual([
      ['interrogate_oob', ['k1', 'k3']],
      ['interrogate_oob', ['k2']],
    ]);
  });

  it('wait for one another where they want the same node', async () => {
    const design = drydock.files.write('same.yaml', designText({ nodes: [{ name: 'same' }] }));
    const ids = await Promise.all([1, 2, 3].map(() => drydock.start('deploy_nodes', design)));
    const tasks = await Promise.all(ids.map((id) => drydock.ended(id)));
    expect(tasks.map(({ result }) => result.status)).toEqual(['success', 'success', 'success']);
    const { dataSource } = drydock.test.database;
    const runs = await dataSource.query<{ started_at: Date; finished_at: Date }[]>(
      `select started_at, finished_at from jobs where target_kind = 'drydock-node' and target_id = 'same'
       order by started_at`,
    );
    expect(runs).toHaveLength(12);
    for (const [index, run] of runs.slice(1).entries()) {
      expect(run.started_at.getTime()).toBeGreaterThanOrEqual(runs[index]!.finished_at.getTime());
    }
  });
});

describe('destroying', () => {
  it('lasts, whatever was left to be tried by a deployment that was asked for before', async () => {
    const oob = { type: 'simulated', simulated_ms: '1500', simulated_failing: 'deploy', simulated_failures: '1' };
    const design = drydock.files.write('gone.yaml', designText({ nodes: [{ name: 'gone', oob }] }));
    const deploying = await drydock.start('deploy_nodes', design);
    const { dataSource } = drydock.test.database;
    await until(
      () =>
        dataSource.query<unknown[]>(
          `select 1 from drydock_tasks where root_id = $1 and action = 'deploy_node' and status = 'running'`,
          [deploying],
        ),
      (rows) => rows.length > 0,
    );
    const destroying = await drydock.start('destroy_nodes', design);
    const [destroyed, deployed] = [await drydock.ended(destroying), await drydock.ended(deploying)];
    expect(destroyed.result).toMatchObject({ status: 'success', successes: ['gone'] });
    expect(deployed.result).toMatchObject({ status: 'failure', failures: ['gone'] });
    const attempts = (await parts(deployed)).filter(({ action }) => action === 'deploy_node');
    expect(words(attempts.at(-1)!)).toEqual([
      `Node gone was destroyed by task ${destroying}, which was asked for after this deployment`,
    ]);
    const nodes = (await drydock.get('/nodes')).json<{ hostname: string; status_name: string }[]>();
    expect(nodes.find(({ hostname }) => hostname === 'gone')?.status_name).toBe('Ready');
    const again = await drydock.ended(await drydock.start('deploy_nodes', design));
    expect(again.result).toMatchObject({ status: 'success', successes: ['gone'] });
  });
});

describe('a purge', () => {
  it('leaves what an older deployment has yet to be told: that its node was destroyed', async () => {
    const simulated = (ms: number) => ({ type: 'simulated', simulated_ms: String(ms) });
    // The other node takes so long that the deployment is not over when the first one's end is purged.
    const nodes = [
      { name: 'purged', oob: simulated(1000) },
      { name: 'slow', oob: simulated(15_000) },
    ];
    const design = drydock.files.write('purged.yaml', designText({ nodes }));
    const deploying = await drydock.start('deploy_nodes', design);
    await until(
      () =>
        drydock.test.database.dataSource.query<unknown[]>(
          'select 1 from drydock_tasks where root_id = $1 and parent_id is not null',
          [deploying],
        ),
      (rows) => rows.length > 0,
    );
    const filter = { filter_set_type: 'union', filter_set: [{ filter_type: 'union', node_names: ['purged'] }] };
    const destroying = await drydock.start('destroy_nodes', design, filter);
    expect((await drydock.ended(destroying)).result.status).toBe('success');
    expect((await drydock.delete('/tasks?days=0')).statusCode).toBe(200);
    expect((await drydock.task(deploying)).status).not.toBe('complete');
    const deployed = await drydock.ended(deploying);
    expect(deployed.result).toMatchObject({
      status: 'partial_success',
      successes: ['slow'],
      failures: ['purged'],
    });
    expect((await drydock.get('/nodes')).json<{ hostname: string }[]>()).toEqual(
      expect.arrayContaining([expect.objectContaining({ hostname: 'purged', status_name: 'Ready' })]),
    );
  });
});

describe('preparing a node that is deployed', () => {
  it('succeeds and leaves it alone, as whoever prepares a whole site expects', async () => {
    const design = drydock.files.write('used.yaml', designText({ nodes: [{ name: 'used' }] }));
    await drydock.ended(await drydock.start('deploy_nodes', design));
    const node = async () =>
      (await drydock.get('/nodes')).json<{ hostname: string }[]>().find(({ hostname }) => hostname === 'used');
    const task = await drydock.ended(await drydock.start('prepare_nodes', design));
    expect(task.result).toMatchObject({ status: 'success', successes: ['used'] });
    const said = (await parts(task)).flatMap(words);
    expect(said.filter((text) => text.startsWith('Node used is deployed. Skipping'))).toHaveLength(3);
    expect(await node()).toMatchObject({ status_name: 'Deployed', power_state: 'on' });
  });
});

describe('without a driver', () => {
  it('nothing is pretended', async () => {
    await drydock.close();
    drydock = await startDrydock({ config: { drydockNodeDriver: 'none' } });
    const design = drydock.files.write('none.yaml', designText({ nodes: [{ name: 'x1' }] }));
    const task = await drydock.ended(await drydock.start('deploy_nodes', design));
    expect(task.result).toMatchObject({
      status: 'failure',
      message: 'No NodeDriver enabled.',
      reason: 'Bad Configuration.',
    });
    expect(task.subtask_id_list).toEqual([]);
    expect((await drydock.get('/nodes')).json()).toEqual([]);
  });
});

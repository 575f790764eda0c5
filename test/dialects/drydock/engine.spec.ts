import { designText, type Drydock, scriptAction, startDrydock, type TaskWire } from './drydock.js';

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

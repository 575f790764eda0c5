import { jest } from '@jest/globals';
import { Envs, poll, TEMPLATES, type WorkflowDetails } from './envs-support.js';
import { type Genesis, ok, startGenesis } from './genesis.js';

jest.setTimeout(120_000);

let genesis: Genesis;
let envs: Envs;

beforeAll(async () => {
  genesis = await startGenesis({ templates: TEMPLATES, role: 'all', config: { genesisStatusWords: '2.x' } });
  envs = await Envs.of(genesis);
});
afterAll(() => genesis.close());

function statuses({ steps = [] }: WorkflowDetails): string[] {
  return steps.map(({ status }) => status);
}

function stepOf({ steps = [] }: WorkflowDetails, title: string) {
  return steps.find((step) => step.title === title)!;
}

describe('a workflow', () => {
  it('makes an environment ready, with its history and attributes (case 1)', async () => {
    const id = await envs.create('Erlang', '2.0', { nodesCount: 4, unknown: 'a#b' });
    const details = await envs.until(id, 'Ready');
    expect(details.attributes).toEqual({ url: { description: 'Node URL', value: 'http://127.0.0.1/4' } });
    expect(details).toMatchObject({ historyCount: 1, modifiedBy: 'genesis' });
    const { history, totalCount } = await envs.history(id);
    expect(totalCount).toBe(1);
    expect(history[0]).toMatchObject({ name: 'create', status: 'Successful', stepsCompleted: 1, startedBy: 'genesis' });
    expect(history[0]!.variables).toMatchObject({ 'Erlang worker nodes count': '4' });
    expect(history[0]!.steps).toMatchObject([
      { phase: 'provision', status: 'Successful', title: 'Nodes', regular: true },
      { phase: 'done', status: 'Successful', regular: true },
    ]);
  });

  it('stops at a failure: what was not reached stays requested, and the rescue runs (cases 17 and 19)', async () => {
    const id = await envs.flows();
    const run = await envs.through(id, 'seven');
    const regular = { ...run, steps: run.steps!.filter((step) => step.regular) };
    expect(statuses(regular)).toEqual([
      ...['Successful', 'Successful', 'Successful', 'Failed'],
      ...['Requested', 'Requested', 'Requested'],
    ]);
    expect(run).toMatchObject({ status: 'Failed', stepsCompleted: 0.43 });
    expect(run.steps!.filter((step) => !step.regular)).toMatchObject([
      { title: 'rescue of fourth', status: 'Successful' },
      { title: 'broken rescue', status: 'Failed' },
      { title: 'last rescue', status: 'Successful' },
    ]);
    expect((await envs.details(id)).status).toBe('Broken');
  });

  it('goes on after a failure that is ignored, and says so (case 18)', async () => {
    const id = await envs.flows();
    const run = await envs.through(id, 'ignoring');
    expect(statuses(run)).toEqual(['Failed', 'Successful']);
    expect(run).toMatchObject({ status: 'Warning', stepsCompleted: 1 });
    expect((await envs.details(id)).status).toBe('Ready');
  });

  it('runs its phases as a graph: A beside B, C after both, D after C (case 20)', async () => {
    const run = await envs.through(await envs.flows(), 'graph');
    expect(run.status).toBe('Successful');
    const [a, b, c1, c2, d] = ['a', 'b', 'c1', 'c2', 'd'].map((title) => {
      const { started, finished } = stepOf(run, title);
      return { started: started!, finished: finished! };
    });
    expect(Math.max(a!.started, b!.started)).toBeLessThan(Math.min(a!.finished, b!.finished));
    expect(Math.max(c1!.started, c2!.started)).toBeLessThan(Math.min(c1!.finished, c2!.finished));
    expect(Math.min(c1!.started, c2!.started)).toBeGreaterThanOrEqual(Math.max(a!.finished, b!.finished));
    expect(d!.started).toBeGreaterThanOrEqual(Math.max(c1!.finished, c2!.finished));
  });

  it('tries a step again as often as it says: one step, three actions (case 21)', async () => {
    const id = await envs.flows();
    const run = await envs.through(id, 'retried');
    expect(run).toMatchObject({ status: 'Successful', stepsCompleted: 1 });
    expect(run.steps).toHaveLength(1);
    const actions = await genesis.as('genesis').get(`${envs.path}/${id}/steps/${run.steps![0]!.stepId}/actions`);
    const { items } = actions.json<{ items: { uuid: string; status: string }[] }>();
    expect(items.map(({ status }) => status)).toEqual(['Failed', 'Failed', 'Successful']);
    const log = await genesis.as('genesis').get(`${envs.path}/${id}/action_logs/${items[0]!.uuid}`);
    expect(log.body).toContain('FAILURE: Simulated failure, try 1');
  });

  it('stops the siblings of a failed step before the rescue begins', async () => {
    const run = await envs.through(await envs.flows(), 'siblings');
    expect(run).toMatchObject({ status: 'Failed', stepsCompleted: 0 });
    expect(stepOf(run, 'long').status).toBe('Canceled');
    expect(stepOf(run, 'after').status).toBe('Requested');
    expect(stepOf(run, 'rescue')).toMatchObject({ status: 'Successful', regular: false });
    expect(stepOf(run, 'rescue').started!).toBeGreaterThanOrEqual(stepOf(run, 'long').finished!);
  });

  it('that only reads leaves the environment as it was, even when it fails (case 31)', async () => {
    const id = await envs.flows();
    const before = await envs.details(id);
    const run = await envs.through(id, 'looks');
    expect(run.status).toBe('Failed');
    const after = await envs.details(id);
    expect(after).toMatchObject({ status: 'Ready', modificationTime: before['modificationTime'] });
  });

  it('without steps succeeds at once', async () => {
    const run = await envs.newest(await envs.flows());
    expect(run).toMatchObject({ name: 'create', status: 'Successful', stepsCompleted: 0 });
    expect(run).not.toHaveProperty('steps');
  });

  it('fails with a step that cannot be built, which says why', async () => {
    const run = await envs.through(await envs.flows(), 'unbuildable');
    expect(run.status).toBe('Failed');
    expect(run.steps![0]).toMatchObject({ status: 'Failed', details: expect.stringContaining('nobody') as string });
  });

  it('drops what is skipped, hands values on, and skips what turns out not to be needed', async () => {
    const id = await envs.flows();
    const run = await envs.through(id, 'skipping');
    expect(run.steps!.map(({ title, status }) => [title, status])).toEqual([
      ['sets', 'Successful'],
      ['told', 'Successful'],
      ['answer 42', 'Successful'],
    ]);
    expect((await envs.details(id)).attributes['answer']).toEqual({ value: '42', description: '' });
  });

  it('shows no secret: not in history, steps, attributes, and not in the database', async () => {
    const id = await envs.flows();
    const run = await envs.through(id, 'hidden', { password: 'open sesame' });
    expect(run.status).toBe('Successful');
    expect(JSON.stringify(run)).not.toContain('sesame');
    expect(run.steps![0]!.title).toMatch(/^with \*+$/);
    expect(JSON.stringify(await envs.details(id))).not.toContain('sesame');
    const sql = genesis.test.database.dataSource;
    for (const table of ['environment_workflows', 'environment_steps', 'environment_logs', 'audit_events', 'jobs']) {
      const [found] = await sql.query<{ n: number }[]>(
        `select count(*)::int as n from ${table} t where t::text like '%sesame%'`,
      );
      expect([table, found!.n]).toEqual([table, 0]);
    }
  });
});

describe('cancelling', () => {
  it('stops the running step, leaves the environment broken, and a reset makes it ready (cases 13 to 15)', async () => {
    const admin = genesis.as('genesis');
    const id = await envs.create('Erlang', '2.0', { nodesCount: 1 });
    await envs.until(id, 'Ready');
    await envs.run(id, 'slow');
    await poll(
      () => envs.newest(id),
      (run) => stepOf(run, 'second').status === 'Running',
    );
    const path = `${envs.path}/${id}`;
    const actions = async () => (await admin.get(`${path}/actions`)).json<{ items: { name: string }[] }>().items;
    expect((await actions()).map(({ name }) => name)).toEqual(['cancel']);
    for (const refused of [await admin.post(`${path}/workflows/scale`), await admin.delete(path)]) {
      expect(refused.statusCode).toBe(400);
      const { compoundVariablesErrors } = refused.json<{ compoundVariablesErrors: string[] }>();
      expect(compoundVariablesErrors).toEqual(["Instance with status Busy isn't ready for workflow request"]);
    }
    expect(ok(await admin.post(`${path}/actions/cancel`)).result).toBe(id);
    await admin.post(`${path}/actions/cancel`);
    await envs.until(id, 'Broken');
    const run = await envs.newest(id);
    expect(run).toMatchObject({ name: 'slow', status: 'Canceled', stepsCompleted: 0.33 });
    expect(statuses(run)).toEqual(['Successful', 'Canceled', 'Requested']);
    expect((await actions()).map(({ name }) => name)).toEqual(['reset']);
    expect(ok(await admin.post(`${path}/actions/reset`)).result).toBe(id);
    expect((await envs.details(id)).status).toBe('Ready');
    const again = await admin.post(`${path}/actions/reset`);
    expect(again.statusCode).toBe(400);
    expect(again.json()['compoundServiceErrors']).toEqual([
      'Illegal Instance state change is requested: current state is [Ready], requested state is [Ready]',
    ]);
    expect((await admin.post(`${path}/actions/cancel`)).statusCode).toBe(400);
    expect((await admin.post(`${path}/actions/explode`)).statusCode).toBe(404);
  });

  it('is the same through the body, as the web interface asks (legacy form)', async () => {
    const admin = genesis.as('genesis');
    const id = await envs.flows();
    const path = `${envs.path}/${id}/actions`;
    const asked = { action: 'execute', parameters: { workflow: 'long', variables: {} } };
    expect(ok(await admin.post(path, asked)).result).toBe((await envs.newest(id)).id);
    ok(await admin.post(path, { action: 'cancel' }));
    await envs.until(id, 'Broken');
    ok(await admin.post(path, { action: 'resetEnvStatus' }));
    expect((await envs.details(id)).status).toBe('Ready');
    for (const body of [{ action: 'explode' }, { action: '' }, {}, { action: 'execute' }, { action: 7 }]) {
      const refused = await admin.post(path, body);
      expect([body, refused.statusCode]).toEqual([body, 400]);
      expect(refused.json()).toHaveProperty('error');
    }
  });
});

describe('an environment', () => {
  it('is taken by exactly one of twenty who start a workflow (case 33)', async () => {
    const id = await envs.flows();
    const path = `${envs.path}/${id}/workflows/long`;
    const answers = await Promise.all(Array.from({ length: 20 }, () => genesis.as('genesis').post(path)));
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([200, ...Array<number>(19).fill(400)]);
    expect((await envs.history(id)).totalCount).toBe(2);
    ok(await genesis.as('genesis').post(`${envs.path}/${id}/actions/cancel`));
    await envs.until(id, 'Broken');
  });

  it('runs workflows while it is broken, and ends destroyed for good (case 26)', async () => {
    const admin = genesis.as('genesis');
    const id = await envs.flows();
    const { name } = await envs.details(id);
    await envs.through(id, 'fails');
    expect((await envs.details(id)).status).toBe('Broken');
    ok(await admin.delete(`${envs.path}/${id}`));
    await envs.until(id, 'Destroyed');
    expect((await admin.delete(`${envs.path}/${id}`)).statusCode).toBe(400);
    expect((await admin.get(`${envs.path}/${id}/workflows`)).json()['items']).toEqual([]);
    const listed = (await admin.get(envs.path)).json<{ items: { id: number; status: string }[] }>();
    expect(listed.items).toContainEqual(expect.objectContaining({ id, status: 'Destroyed' }));
    const taken = await admin.post(envs.path, { envName: name, templateName: 'Flows', templateVersion: '1' });
    expect(taken.statusCode).toBe(400);
  });

  it('is failed by a workflow that takes longer than any may', async () => {
    const id = await envs.flows();
    const run = await envs.run(id, 'long');
    await genesis.test.database.dataSource.query(
      `update environment_workflows set deadline_at = now() - interval '1 second' where id = $1`,
      [run],
    );
    await envs.until(id, 'Broken');
    expect(await envs.newest(id)).toMatchObject({ status: 'Failed', steps: [{ status: 'Canceled' }] });
  });
});

import { jest } from '@jest/globals';
import { cloneDatabase, type TestDatabase } from '../../support/database.js';
import { Envs, poll, TEMPLATES } from './envs-support.js';
import { type Genesis, startGenesis } from './genesis.js';

jest.setTimeout(120_000);

describe('when the server stops in the middle of a workflow', () => {
  let database: TestDatabase;
  let genesis: Genesis;

  beforeAll(async () => {
    database = await cloneDatabase();
    genesis = await startGenesis({ database, templates: TEMPLATES, role: 'all' });
  });
  afterAll(async () => {
    await genesis.close();
    await database.drop();
  });

  it('the next one goes on at its first unfinished step, also without the template that it came from', async () => {
    const before = new Envs(genesis.as('genesis'), '/projects/1/envs');
    expect((await genesis.as('genesis').post('/projects', { name: 'p', projectManager: 'somebody' })).statusCode).toBe(
      200,
    );
    const id = await before.flows();
    await before.run(id, 'lasting');
    await poll(
      () => before.newest(id),
      ({ steps = [] }) => steps[1]?.status === 'Executing',
    );
    await genesis.close();
    genesis = await startGenesis({ database, role: 'all' });
    const after = new Envs(genesis.as('genesis'), before.path);
    await after.until(id, 'Ready');
    const run = await after.newest(id);
    expect(run).toMatchObject({ name: 'lasting', status: 'Succeed', stepsCompleted: 1 });
    for (const { stepId } of run.steps!) {
      const { items } = (await genesis.as('genesis').get(`${before.path}/${id}/steps/${stepId}/actions`)).json<{
        items: { status: string }[];
      }>();
      expect(items.map(({ status }) => status)).toEqual(['Successful']);
    }
    const [first, second, third] = run.steps!;
    expect(second!.started!).toBeGreaterThanOrEqual(first!.finished!);
    expect(third!.started!).toBeGreaterThanOrEqual(second!.finished!);
    // Its template is not in the folder of the second server.
    expect(await after.details(id)).toMatchObject({ templateName: 'Flows', destroyWorkflowName: 'destroy' });
    await after.through(id, 'ignoring');
    expect((await after.details(id)).status).toBe('Ready');
  });
});

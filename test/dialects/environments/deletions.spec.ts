import { jest } from '@jest/globals';
import { poll, TEMPLATES } from './envs-support.js';
import { type Genesis, ok, startGenesis } from './genesis.js';

jest.setTimeout(120_000);

interface Refusal {
  compoundServiceErrors: string[];
  isNotFound: boolean;
}

let genesis: Genesis;
beforeAll(async () => {
  genesis = await startGenesis({ templates: TEMPLATES });
});
afterAll(() => genesis.close());

const body = (configId: number) => ({
  envName: 'late',
  templateName: 'Erlang',
  templateVersion: '2.0',
  variables: { nodesCount: 1 },
  configId,
});

/** Deletes in a transaction that ends only when the creation of an environment waits for it. */
async function createWhile(sql: string, id: number, projectId: number, configId: number) {
  const { dataSource } = genesis.test.database;
  const deletion = dataSource.createQueryRunner();
  await deletion.startTransaction();
  try {
    await deletion.query(sql, [id]);
    const creation = Promise.resolve(genesis.as('genesis').post(`/projects/${projectId}/envs`, body(configId)));
    await poll(
      () =>
        dataSource.query<unknown[]>(
          `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        ),
      (waiting) => waiting.length > 0,
    );
    await deletion.commitTransaction();
    return await creation;
  } finally {
    await deletion.release();
  }
}

describe('what is deleted while an environment is made of it', () => {
  it.each([
    [
      'project',
      'with gone as (select id from genesis_projects where id = $1 for update) update genesis_projects p set deleted_at = now() from gone where p.id = gone.id',
    ],
    ['configuration', 'delete from genesis_configurations where id = $1'],
  ])('is not found any more, and no environment is made: a %s', async (what, sql) => {
    const { id } = await genesis.makeProject();
    const made = ok(await genesis.as('genesis').post(`/projects/${id}/configs`, { name: 'going' }));
    const configId = (made.result as { id: number }).id;
    const answer = await createWhile(sql, what === 'project' ? id : configId, id, configId);
    const { compoundServiceErrors, isNotFound } = answer.json<Refusal>();
    expect([answer.statusCode, isNotFound]).toEqual([404, true]);
    expect(compoundServiceErrors).toEqual([
      what === 'project'
        ? `Project [${id}] wasn't found`
        : `Configuration [id = ${configId}] wasn't found in project [id = ${id}]`,
    ]);
    const rows: unknown = await genesis.test.database.dataSource.query(
      'select 1 from environments where project_id = $1',
      [id],
    );
    expect(rows).toEqual([]);
  });
});

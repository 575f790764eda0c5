import { jest } from '@jest/globals';
import type { TestAnswer } from '../../support/request.js';
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

/** Deletes in a transaction that ends only when the request waits for it. */
async function whileDeleting(sql: string, id: number, send: () => Promise<TestAnswer>): Promise<TestAnswer> {
  const { dataSource } = genesis.test.database;
  const deletion = dataSource.createQueryRunner();
  await deletion.startTransaction();
  try {
    await deletion.query(sql, [id]);
    const answer = Promise.resolve(send());
    const locked = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
    await poll(
      () => dataSource.query<unknown[]>(locked),
      (waiting) => waiting.length > 0,
    );
    await deletion.commitTransaction();
    return await answer;
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
    const answer = await whileDeleting(sql, what === 'project' ? id : configId, () =>
      genesis.as('genesis').post(`/projects/${id}/envs`, body(configId)),
    );
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

describe('a user or group that is deleted while it gets something', () => {
  it('is not found any more', async () => {
    const admin = genesis.as('genesis');
    const { id, configId } = await genesis.makeProject();
    const role = `/projects/${id}/roles/ROLE_GENESIS_PROJECT_USER`;
    const group = async (name: string) => {
      const made = ok(await admin.post('/groups', { name, description: 'd' }));
      return (made.result as { id: number }).id;
    };
    const deletion = 'delete from genesis_groups where id = $1';
    for (const [name, path] of [
      ['first', role],
      ['second', `/projects/${id}/configs/${configId}/access`],
    ] as const) {
      const answer = await whileDeleting(deletion, await group(name), () => admin.put(path, { groups: [name] }));
      expect([answer.statusCode, ok(answer).result]).toEqual([
        200,
        { nonExistentUsers: [], nonExistentGroups: [name] },
      ]);
    }
    const groupId = await group('third');
    const { dataSource } = genesis.test.database;
    const [user] = await dataSource.query<{ id: number }[]>(`select id from users where username = 'stranger'`);
    const answer = await whileDeleting('delete from users where id = $1', user!.id, () =>
      admin.post(`/groups/${groupId}/users`, { username: 'stranger' }),
    );
    expect([answer.statusCode, answer.json<Refusal>().isNotFound]).toEqual([404, true]);
  });
});

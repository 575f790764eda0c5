import { basic, type Genesis, type MadeProject, ok, startGenesis, type UserName } from './genesis.js';
import { TEMPLATES } from './envs-support.js';

let genesis: Genesis;
let project: MadeProject;
let path = '';
beforeAll(async () => {
  genesis = await startGenesis({ templates: TEMPLATES });
});
afterAll(() => genesis.close());

beforeEach(async () => {
  await genesis.restrict(false);
  project = await genesis.makeProject();
  path = `/projects/${project.id}/envs`;
});

const body = (envName: string) => ({
  envName,
  templateName: 'Erlang',
  templateVersion: '2.0',
  variables: { nodesCount: 1 },
  configId: project.configId,
});
const made = async (name: string) => ok(await genesis.as('genesis').post(path, body(name))).result as number;
/** As if its first workflow had ended so. */
const setStatus = async (id: number, status: string) => {
  const { dataSource } = genesis.test.database;
  await dataSource.query(`update environment_workflows set status = 'Successful' where environment_id = $1`, [id]);
  await dataSource.query('update environments set status = $2 where id = $1', [id, status]);
};
const namesSeenBy = async (user: UserName) =>
  (await genesis.as(user).get(path)).json<{ items: { name: string }[] }>().items.map(({ name }) => name);

/** Everything of 2.1 that only looks, and what is answered to who may. */
const reads = (id: number) => [
  `${path}/${id}`,
  `${path}/${id}/history`,
  `${path}/${id}/actions`,
  `${path}/${id}/workflows`,
  `${path}/${id}/jobs`,
  `${path}/${id}/failedJobs`,
];
const writes = (id: number) =>
  [
    ['post', path, body('another')],
    ['put', `${path}/${id}`, { environment: { name: 'renamed' } }],
    ['delete', `${path}/${id}`, undefined],
    ['post', `${path}/${id}/workflows/scale`, {}],
    ['post', `${path}/${id}/actions`, { action: 'cancel' }],
    ['post', `${path}/${id}/actions/cancel`, undefined],
    ['post', `${path}/${id}/actions/reset`, undefined],
    ['post', `${path}/${id}/actions/markDestroyed`, undefined],
    ['put', `${path}/${id}/timeToLive`, { value: 5 }],
    ['delete', `${path}/${id}/timeToLive`, undefined],
    ['post', `${path}/${id}/jobs`, { workflow: 'scale', executionDate: Date.now() + 3_600_000, parameters: {} }],
  ] as const;

describe('an unknown project (case 28)', () => {
  it('is a 404 to those who see all projects and a 403 to the others', async () => {
    for (const [user, status] of [
      ['genesis', 404],
      ['reader', 404],
      ['manager', 403],
      ['stranger', 403],
    ] as const) {
      for (const [method, below] of [
        ['get', ''],
        ['get', '/1'],
        ['get', '/1/history'],
      ] as const) {
        const answer = await genesis.as(user)[method](`/projects/4711/envs${below}`);
        expect([user, below, answer.statusCode]).toEqual([user, below, status]);
      }
    }
    const posted = await genesis.as('genesis').post('/projects/4711/envs', body('x'));
    expect(posted.json()).toMatchObject({
      isNotFound: true,
      compoundServiceErrors: ["Project [4711] wasn't found"],
    });
  });
});

describe('who may do what with environments (case 29)', () => {
  it('nobody without credentials, or with wrong ones', async () => {
    const id = await made('secret');
    for (const headers of [{}, { authorization: basic('genesis', 'wrong') }] as Record<string, string>[]) {
      for (const url of reads(id)) {
        expect((await genesis.test.inject({ url: `/rest${url}`, headers })).statusCode).toBe(401);
      }
    }
  });

  it('a reader reads everything and changes nothing', async () => {
    const id = await made('read');
    for (const url of reads(id)) {
      const answer = await genesis.as('reader').get(url);
      expect([url, answer.statusCode]).toEqual([url, 200]);
    }
    for (const [method, url, payload] of writes(id)) {
      const answer = await genesis.as('reader')[method](url, payload);
      expect([method, url, answer.statusCode]).toEqual([method, url, 403]);
    }
    const actions = (await genesis.as('reader').get(`${path}/${id}/actions`)).json<{ items: { links: unknown[] }[] }>();
    expect(actions.items.map(({ links }) => links)).toEqual([[]]);
    expect(await namesSeenBy('reader')).toEqual(['read']);
  });

  it('who has no role in the project nothing at all', async () => {
    const id = await made('foreign');
    for (const url of [path, ...reads(id)]) {
      const answer = await genesis.as('stranger').get(url);
      expect([url, answer.statusCode]).toEqual([url, 403]);
    }
    for (const [method, url, payload] of writes(id)) {
      const answer = await genesis.as('stranger')[method](url, payload);
      expect([method, url, answer.statusCode]).toEqual([method, url, 403]);
    }
  });

  it('a project user cancels, and neither resets nor marks destroyed', async () => {
    const id = await made('used');
    const user = genesis.as('user');
    ok(await user.post(`${path}/${id}/actions/cancel`));
    await setStatus(id, 'Broken');
    for (const name of ['reset', 'markDestroyed']) {
      expect([name, (await user.post(`${path}/${id}/actions/${name}`)).statusCode]).toEqual([name, 403]);
    }
    ok(await genesis.as('manager').post(`${path}/${id}/actions/reset`));
    ok(await user.put(`${path}/${id}`, { environment: { name: 'renamed' } }));
    ok(await user.put(`${path}/${id}/timeToLive`, { value: 5 }));
  });

  it('a project user without a grant, while users are restricted, sees none and makes none', async () => {
    const id = await made('granted later');
    await setStatus(id, 'Ready');
    // What somebody else was granted is not theirs.
    await genesis.grant(project, ['stranger']);
    await genesis.restrict(true);
    const user = genesis.as('user');
    expect(await namesSeenBy('user')).toEqual([]);
    for (const url of reads(id)) {
      const answer = await user.get(url);
      expect([url, answer.statusCode]).toEqual([url, 403]);
    }
    for (const [method, url, payload] of writes(id)) {
      const answer = await user[method](url, payload);
      expect([method, url, answer.statusCode]).toEqual([method, url, 403]);
    }
    expect(await namesSeenBy('manager')).toEqual(['granted later']);

    await genesis.grant(project, ['user']);
    expect(await namesSeenBy('user')).toEqual(['granted later']);
    for (const url of reads(id)) expect((await user.get(url)).statusCode).toBe(200);
    ok(await user.post(`${path}/${id}/workflows/scale`, {}));
    const second = ok(await user.post(path, body('made by user'))).result as number;
    expect((await user.get(`${path}/${second}`)).statusCode).toBe(200);

    await genesis.grant(project, []);
    expect(await namesSeenBy('user')).toEqual([]);
    expect((await user.get(`${path}/${second}`)).statusCode).toBe(403);
    await genesis.restrict(false);
    expect(await namesSeenBy('user')).toEqual(['granted later', 'made by user']);
  });
});

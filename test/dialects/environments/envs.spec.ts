import { jest } from '@jest/globals';
import { Envs, type Link, TEMPLATES } from './envs-support.js';
import { type Genesis, type GenesisClient, type MadeProject, ok, startGenesis } from './genesis.js';

jest.setTimeout(120_000);

const EMPTY = { serviceErrors: {}, variablesErrors: {}, compoundServiceErrors: [], compoundVariablesErrors: [] };
const TYPE = (model: string) => `application/vnd.griddynamics.genesis.${model}+json`;
const ERLANG = { templateName: 'Erlang', templateVersion: '2.0', variables: { nodesCount: 4 } };

let genesis: Genesis;
let admin: GenesisClient;
let project: MadeProject;
let envs: Envs;

// Nothing works through the queue: what is started stays as it was requested.
beforeAll(async () => {
  genesis = await startGenesis({ templates: TEMPLATES });
  admin = genesis.as('genesis');
  project = await genesis.makeProject();
  envs = await Envs.of(genesis, project);
});
afterAll(() => genesis.close());

async function setStatus(id: number, status: string): Promise<void> {
  const sql = genesis.test.database.dataSource;
  await sql.query(`update environments set status = $2 where id = $1`, [id, status]);
  await sql.query(`update environment_workflows set status = 'Successful' where environment_id = $1`, [id]);
}

async function made(name: string): Promise<number> {
  return ok(await admin.post(envs.path, { envName: name, ...ERLANG })).result as number;
}

async function count(): Promise<number> {
  return (await admin.get(envs.path)).json<{ items: unknown[] }>().items.length;
}

describe('creating an environment', () => {
  it('answers with every container and the id; the name is taken from then on (cases 1 and 2)', async () => {
    const body = { envName: '  erlt ', creator: 'somebody else', ...ERLANG };
    const answer = await admin.post(envs.path, body);
    const { result } = answer.json<{ result: number }>();
    expect([answer.statusCode, answer.json()]).toEqual([200, { ...EMPTY, isSuccess: true, result }]);
    expect(await envs.details(result)).toMatchObject({ name: 'erlt', status: 'Busy', creator: 'genesis' });
    const again = await admin.post(envs.path, body);
    expect(again.statusCode).toBe(400);
    const { envName } = again.json<{ serviceErrors: { envName: string } }>().serviceErrors;
    expect(envName).toBe(
      `Environment with the same name already exists: Instance with the same name already exists in project [id = ${project.id}]`,
    );
    expect(again.json()).toEqual({ ...EMPTY, serviceErrors: { envName }, isSuccess: false, isNotFound: false });
    const other = await genesis.makeProject();
    expect((await admin.post(`/projects/${other.id}/envs`, body)).statusCode).toBe(200);
  });

  it('is refused with a result object, and nothing is made (cases 3, 4, 5, 7 and 8)', async () => {
    const before = await count();
    const bad = async (more: object) => {
      const answer = await admin.post(envs.path, { envName: 'bad', ...ERLANG, ...more });
      return [answer.statusCode, answer.json<Record<string, object>>()] as const;
    };
    for (const envName of ['', '   ', 'a'.repeat(65), 'a/b', 'a\u00a0b']) {
      expect(await bad({ envName })).toEqual([
        400,
        expect.objectContaining({ serviceErrors: { envName: expect.any(String) as string } }),
      ]);
    }
    for (const timeToLive of ['soon', '5.5', 1.5, true, 0, -1, 1e300]) {
      expect(await bad({ timeToLive })).toEqual([
        400,
        expect.objectContaining({ serviceErrors: { timeToLive: expect.any(String) as string } }),
      ]);
    }
    for (const variables of [{}, { nodesCount: 'nothing' }, { nodesCount: 0 }, { nodesCount: '' }]) {
      expect(await bad({ variables })).toEqual([
        400,
        expect.objectContaining({ variablesErrors: { nodesCount: expect.any(String) as string } }),
      ]);
    }
    for (const [templateName, templateVersion] of [
      ['Erlang', '9.9'],
      ['Nope', '2.0'],
    ]) {
      expect(await bad({ templateName, templateVersion })).toEqual([
        404,
        {
          ...EMPTY,
          compoundVariablesErrors: [`Template ${templateName} with version ${templateVersion} not found`],
          isSuccess: false,
          isNotFound: true,
        },
      ]);
    }
    for (const configId of [999_999, 'x', -1]) expect((await bad({ configId }))[0]).toBe(404);
    expect(await count()).toBe(before);
  });

  it('is refused as unreadable without its fields, or where it is no object (case 6)', async () => {
    for (const [body, error] of [
      [{ envName: 'x', templateVersion: '2.0' }, 'Missing parameter: templateName'],
      [{ templateName: 'Erlang', templateVersion: '2.0' }, 'Missing parameter: envName'],
      [{ envName: 'x', templateName: 'Erlang', templateVersion: null }, 'Missing parameter: templateVersion'],
      [[1], 'Invalid input'],
      ['{', 'Invalid input'],
      [{ envName: 'x', ...ERLANG, variables: [1] }, 'Invalid input'],
      [{ envName: { a: 1 }, ...ERLANG }, 'Invalid input'],
    ] as const) {
      const answer = await admin.post(envs.path, body);
      expect([body, answer.statusCode, answer.json()]).toEqual([body, 400, { error }]);
    }
  });

  it('takes letters of any script, numbers as text, and null for absent', async () => {
    const id = ok(
      await admin.post(envs.path, {
        envName: 'имя 1',
        ...ERLANG,
        configId: String(project.configId),
        timeToLive: '240',
        creator: null,
      }),
    ).result as number;
    const { timeToLive } = await envs.details(id);
    expect(timeToLive!).toBeGreaterThan(238 * 60_000);
    expect(timeToLive!).toBeLessThanOrEqual(240 * 60_000);
  });
});

describe('the list of environments', () => {
  let list: Envs;
  const names = async (query: string) => {
    const answer = await admin.get(`${list.path}${query}`);
    return answer.statusCode === 200
      ? answer.json<{ items: { name: string }[] }>().items.map(({ name }) => name)
      : [answer.statusCode, answer.json()];
  };

  beforeAll(async () => {
    const own = await genesis.makeProject();
    list = await Envs.of(genesis, own);
    for (const [name, status] of [
      ['b', 'Ready'],
      ['a', 'Broken'],
      ['d', 'Busy'],
      ['c', 'Destroyed'],
    ] as const) {
      const id = ok(await admin.post(list.path, { envName: name, ...ERLANG })).result as number;
      if (status !== 'Busy') await setStatus(id, status);
    }
  });

  it('is filtered by status (cases 9 and 10)', async () => {
    expect(await names('?filter=statuses[%20Ready%20,%20Destroyed,Broken,%20Busy,,,%20]')).toEqual([
      'a',
      'b',
      'c',
      'd',
    ]);
    expect(await names('?filter=statuses[Destroyed,%20]')).toEqual(['c']);
    expect(await names('?filter=statuses%5BReady%2CBusy%5D')).toEqual(['b', 'd']);
    expect(await names('?filter=statuses[]')).toEqual([]);
    expect(await names('?filter=')).toEqual(['a', 'b', 'c', 'd']);
    for (const filter of [
      'statuses[Ready,Failed]',
      'ready]',
      'statuses[ready]',
      'statuses[Ready]]',
      'x&filter=y',
      'statuses',
    ]) {
      expect([filter, await names(`?filter=${filter}`)]).toEqual([filter, [400, { error: 'Invalid input' }]]);
    }
    for (const query of [
      'filter[a]=b',
      'filter%5Bname%5D=a',
      'filter.name=a',
      'sorting[name]=~',
      'filter[a]=b&filter=',
    ]) {
      expect([query, await names(`?${query}`)]).toEqual([query, [400, { error: 'Invalid input' }]]);
    }
  });

  it('is sorted by a field (case 11)', async () => {
    expect(await names('?sorting=~name')).toEqual(['d', 'c', 'b', 'a']);
    expect(await names('')).toEqual(['a', 'b', 'c', 'd']);
    expect(await names('?sorting=creationTime')).toEqual(['b', 'a', 'd', 'c']);
    expect(await names('?sorting=~id')).toEqual(['c', 'd', 'a', 'b']);
    expect(await names('?sorting=status')).toEqual(['a', 'd', 'c', 'b']);
    for (const field of ['configuration', 'modifiedBy', 'templateName', 'templateVersion', 'creator']) {
      expect([field, await names(`?sorting=${field}`)]).toEqual([field, ['b', 'a', 'd', 'c']]);
    }
    for (const [sorting, field] of [
      ['foo', 'foo'],
      ['~', ''],
      ['', ''],
      ['constructor', 'constructor'],
    ]) {
      expect(await names(`?sorting=${sorting}`)).toEqual([400, { error: `Unsupported ordering field '${field}'` }]);
    }
  });

  it('has the fields and links of the contract', async () => {
    const answer = (await admin.get(`${list.path}?filter=statuses[Busy]`)).json<{
      items: Record<string, unknown>[];
      links: Link[];
    }>();
    const path = `${genesis.test.url}/rest${list.path}`;
    const [item] = answer.items;
    const id = item!['id'] as number;
    expect(item).toEqual({
      id,
      name: 'd',
      status: 'Busy',
      projectId: Number(list.path.split('/')[2]),
      configuration: 'Default',
      creator: 'genesis',
      creationTime: expect.any(Number) as number,
      templateName: 'Erlang',
      templateVersion: '2.0',
      attributes: {},
      workflowCompleted: 0,
      links: [{ rel: 'self', href: `${path}/${id}`, methods: ['get'], type: TYPE('Environment') }],
    });
    expect(answer.links).toEqual([{ rel: 'self', href: path, methods: ['get', 'post'], type: TYPE('Environment') }]);
    const seen = (await genesis.as('reader').get(list.path)).json<{ links: Link[] }>();
    expect(seen.links[0]!.methods).toEqual(['get']);
  });
});

describe('an environment', () => {
  it('has the details and links of the contract, by status and rights (case 12)', async () => {
    const id = await made('looked at');
    const path = `${genesis.test.url}/rest${envs.path}/${id}`;
    const fixed: Link[] = [
      { rel: 'self', href: path, methods: ['get', 'put', 'delete'], type: TYPE('EnvironmentDetails') },
      { rel: 'collection', href: `${path}/history`, methods: ['get'], type: TYPE('WorkflowHistory') },
      { rel: 'collection', href: `${path}/actions`, methods: ['get'], type: TYPE('Action') },
      { rel: 'collection', href: `${path}/workflows`, methods: ['get'], type: TYPE('Workflow') },
      { rel: 'collection', href: `${path}/jobs`, methods: ['get'], type: TYPE('ScheduledJobDetails') },
    ];
    const action = (name: string, model: string): Link => ({
      rel: 'action',
      href: `${path}/actions/${name}`,
      methods: ['post'],
      type: TYPE(model),
    });
    const mark = action('markDestroyed', 'MarkDestroyedAction$');
    const details = await envs.details(id);
    expect(details).toEqual({
      envId: id,
      name: 'looked at',
      status: 'Busy',
      projectId: project.id,
      configuration: 'Default',
      configurationId: project.configId,
      creator: 'genesis',
      creationTime: expect.any(Number) as number,
      templateName: 'Erlang',
      templateVersion: '2.0',
      attributes: {},
      workflowCompleted: 0,
      workflows: ['create', 'scale', 'slow', 'nothing', 'picky', 'destroy'].map((name) => ({ name, variables: [] })),
      createWorkflowName: 'create',
      destroyWorkflowName: 'destroy',
      vms: [],
      servers: [],
      historyCount: 1,
      currentWorkflowFinishedActionsCount: 0,
      links: [...fixed, action('cancel', 'CancelAction$')],
    });
    await setStatus(id, 'Broken');
    expect((await envs.details(id)).links).toEqual([...fixed, action('reset', 'ResetAction$'), mark]);
    const byUser = (await genesis.as('user').get(`${envs.path}/${id}`)).json<{ links: Link[] }>();
    expect(byUser.links).toEqual(fixed);
    await setStatus(id, 'Ready');
    expect((await envs.details(id)).links).toEqual([...fixed, mark]);
    const read = (await genesis.as('reader').get(`${envs.path}/${id}`)).json<{ links: Link[] }>();
    expect(read.links).toEqual(fixed.map((link) => ({ ...link, methods: ['get'] })));
  });

  it('is only found through its own project, and by those who may see it (case 28)', async () => {
    const id = await made('hidden');
    const other = await genesis.makeProject();
    const missing = await admin.get(`/projects/${other.id}/envs/${id}`);
    expect([missing.statusCode, missing.json()]).toEqual([
      404,
      {
        ...EMPTY,
        compoundServiceErrors: [`Environment [id = ${id}] wasn't found in project [id = ${other.id}]`],
        isSuccess: false,
        isNotFound: true,
      },
    ]);
    expect((await genesis.as('stranger').get(`${envs.path}/${id}`)).statusCode).toBe(403);
    for (const text of ['x', '0', '-1', '99999999999', '1.5', '%00']) {
      expect([text, (await admin.get(`${envs.path}/${text}`)).statusCode]).toEqual([text, 404]);
    }
    const patched = await genesis.test.inject({
      method: 'PATCH',
      url: `/rest${envs.path}/${id}`,
      headers: { authorization: `Token ${genesis.test.adminToken}` },
    });
    expect([patched.statusCode, patched.headers['allow']]).toEqual([405, expect.stringContaining('PUT') as string]);
  });

  it('gets another name (case 27)', async () => {
    const id = await made('old name');
    await made('taken');
    const path = `${envs.path}/${id}`;
    expect(ok(await admin.put(path, { environment: { name: ' new name ' } })).result).toBe(1);
    expect((await envs.details(id)).name).toBe('new name');
    ok(await admin.put(path, { environment: { name: 'new name' } }));
    for (const name of ['taken', 'taken ']) {
      const answer = await admin.put(path, { environment: { name } });
      expect(answer.statusCode).toBe(400);
      expect(answer.json()['compoundServiceErrors']).toEqual(["Environment with name 'taken' already exists"]);
    }
    const blank = await admin.put(path, { environment: { name: '   ' } });
    expect([blank.statusCode, blank.json()['variablesErrors']]).toEqual([400, { Name: expect.any(String) as string }]);
    expect((await admin.put(path, {})).json()).toEqual({ error: 'Missing parameter: environment' });
    expect((await admin.put(path, { environment: {} })).json()).toEqual({
      error: 'Missing parameter: environment.name',
    });
    expect((await admin.put(path, { environment: 'x' })).statusCode).toBe(400);
    expect((await genesis.as('reader').put(path, { environment: { name: 'x' } })).statusCode).toBe(403);
    expect((await envs.details(id)).name).toBe('new name');
  });

  it('lists and describes its workflows, and refuses those that cannot run (case 23)', async () => {
    const id = await made('workflows');
    const path = `${envs.path}/${id}/workflows`;
    const { items } = (await admin.get(path)).json<{ items: { name: string; links: Link[] }[] }>();
    expect(items.map(({ name }) => name)).toEqual(['scale', 'slow', 'nothing', 'picky', 'destroy']);
    expect(items[0]).toEqual({
      name: 'scale',
      variables: [],
      varGroups: {},
      links: [
        {
          rel: 'self',
          href: `${genesis.test.url}/rest${path}/scale`,
          methods: ['post'],
          type: TYPE('Workflow'),
        },
      ],
    });
    expect(ok(await admin.get(`${path}/scale`)).result).toEqual({ name: 'scale', variables: [], varGroups: {} });
    expect((await admin.get(`${path}/nope`)).statusCode).toBe(404);
    const unmet = ['Environment must contain no active instances'];
    const described = await admin.get(`${path}/picky`);
    expect([described.statusCode, described.json()['compoundServiceErrors']]).toEqual([400, unmet]);
    await setStatus(id, 'Ready');
    const create = await admin.post(`${path}/create`);
    expect(create.statusCode).toBe(400);
    expect(create.json()['serviceErrors']).toEqual({
      envName: `It's not allowed to execute create workflow['create'] in existing instance 'workflows'`,
    });
    const nope = await admin.post(`${path}/nope`, { parameters: {} });
    expect([nope.statusCode, nope.json()['isNotFound']]).toEqual([404, true]);
    const picky = await admin.post(`${path}/picky`, { parameters: { variables: {} } });
    expect([picky.statusCode, picky.json()['compoundServiceErrors']]).toEqual([400, unmet]);
    for (const body of [[], { parameters: [] }, { parameters: { variables: 'x' } }]) {
      expect((await admin.post(`${path}/scale`, body)).json()).toEqual({ error: 'Invalid input' });
    }
    expect(ok(await admin.post(`${path}/scale`, { variables: {} })).result).toEqual(expect.any(Number));
    expect((await genesis.as('reader').post(`${path}/scale`)).statusCode).toBe(403);
  });

  it('is marked as destroyed unless it is busy; its schedule goes only then', async () => {
    const id = await made('marked');
    const path = `${envs.path}/${id}`;
    ok(await admin.put(`${path}/timeToLive`, { value: 5 }));
    const busy = await admin.post(`${path}/actions/markDestroyed`);
    expect(busy.statusCode).toBe(400);
    expect(busy.json()['compoundServiceErrors']).toEqual([
      'Illegal Instance state change is requested: current state is [Busy], requested state is [Destroyed]',
    ]);
    expect(await envs.details(id)).toHaveProperty('timeToLive');
    await setStatus(id, 'Broken');
    expect((await genesis.as('user').post(`${path}/actions/markDestroyed`)).statusCode).toBe(403);
    expect((await genesis.as('user').post(`${path}/actions`, { action: 'resetEnvStatus' })).statusCode).toBe(403);
    ok(await genesis.as('manager').post(`${path}/actions/markDestroyed`));
    ok(await admin.post(`${path}/actions/markDestroyed`));
    const details = await envs.details(id);
    expect(details.status).toBe('Destroyed');
    expect(details).not.toHaveProperty('timeToLive');
  });
});

describe('history', () => {
  it('is paged by records, newest first (case 22)', async () => {
    const id = await made('historic');
    for (let more = 0; more < 2; more += 1) {
      await setStatus(id, 'Ready');
      await envs.run(id, 'scale');
    }
    const page = async (query: string) => {
      const { history, totalCount } = await envs.history(id, query);
      return [history.map((run) => run.name), totalCount];
    };
    expect(await page('')).toEqual([['scale', 'scale', 'create'], 3]);
    expect(await page('?page_offset=1&page_length=1')).toEqual([['scale'], 3]);
    expect(await page('?page_offset=2&page_length=100000')).toEqual([['create'], 3]);
    expect(await page('?page_offset=10')).toEqual([[], 3]);
    for (const query of [
      'page_length=x',
      'page_length=0',
      'page_offset=-1',
      'page_offset=1.5',
      'page_length=',
      'page_offset=99999999999',
    ]) {
      const answer = await admin.get(`${envs.path}/${id}/history?${query}`);
      expect([query, answer.statusCode]).toEqual([query, 400]);
    }
    const [newest] = (await envs.history(id)).history;
    const one = (await admin.get(`${envs.path}/${id}/history/${newest!.id}`)).json<{ links: Link[] }>();
    expect(one).toMatchObject({ id: newest!.id, name: 'scale', status: 'Requested', stepsCompleted: 0, envId: id });
    expect(one.links).toHaveLength(1);
    expect((await admin.get(`${envs.path}/${id}/history/999999`)).statusCode).toBe(404);
  });
});

describe('time to live', () => {
  it('is set in minutes, told in milliseconds, and taken away (case 24)', async () => {
    const id = await made('mortal');
    const path = `${envs.path}/${id}/timeToLive`;
    const { result } = ok(await admin.put(path, { value: 5 }));
    expect(result).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(Date.parse(result as string) - Date.now()).toBeGreaterThan(285_000);
    const { timeToLive } = await envs.details(id);
    expect(timeToLive!).toBeGreaterThan(285_000);
    expect(timeToLive!).toBeLessThanOrEqual(300_000);
    ok(await admin.put(path, { value: '240' }));
    expect((await envs.details(id)).timeToLive!).toBeGreaterThan(300_000);
    for (const value of ['soon', '5.5', true, 1.5, [5], {}]) {
      const answer = await admin.put(path, { value });
      expect([value, answer.statusCode, answer.json()]).toEqual([value, 400, { error: 'Value should be numeric' }]);
    }
    expect((await admin.put(path, {})).json()).toEqual({ error: 'Missing parameter: value' });
    for (const value of [0, -1, 1e12]) expect((await admin.put(path, { value })).statusCode).toBe(400);
    expect((await genesis.as('reader').put(path, { value: 1 })).statusCode).toBe(403);
    expect((await envs.details(id)).timeToLive!).toBeGreaterThan(300_000);
    for (let time = 0; time < 2; time += 1) expect(ok(await admin.delete(path)).result).toBe(true);
    expect(await envs.details(id)).not.toHaveProperty('timeToLive');
    await setStatus(id, 'Destroyed');
    expect((await admin.put(path, { value: 5 })).statusCode).toBe(400);
  });
});

describe('with the environment restriction', () => {
  beforeAll(() => genesis.restrict(true));
  afterAll(() => genesis.restrict(false));

  it('a project user reaches only what was granted, and never resets (case 29)', async () => {
    const user = genesis.as('user');
    const id = await made('restricted');
    const path = `${envs.path}/${id}`;
    const listed = async () =>
      (await user.get(envs.path)).json<{ items: { id: number }[] }>().items.map((env) => env.id);
    expect((await user.get(path)).statusCode).toBe(403);
    expect(await listed()).not.toContain(id);
    const body = { envName: 'not granted', ...ERLANG };
    expect((await user.post(envs.path, body)).statusCode).toBe(403);
    await genesis.grant(project, ['user']);
    expect((await user.get(path)).statusCode).toBe(200);
    expect(await listed()).toContain(id);
    expect((await genesis.as('manager').get(path)).statusCode).toBe(200);
    ok(await user.post(`${path}/actions/cancel`));
    await setStatus(id, 'Broken');
    expect((await user.post(`${path}/actions/reset`)).statusCode).toBe(403);
    const granted = ok(await user.post(envs.path, { envName: 'granted', ...ERLANG })).result as number;
    expect((await user.get(`${envs.path}/${granted}`)).json()).toMatchObject({ creator: 'user' });
    await genesis.grant(project, []);
    expect((await user.get(`${envs.path}/${granted}`)).statusCode).toBe(403);
    const foreign = await user.get(`${envs.path}/999999`);
    expect(foreign.statusCode).toBe(403);
  });
});

import { type Genesis, ok, startGenesis } from './genesis.js';

interface Link {
  rel: string;
  href: string;
  methods: string[];
  type?: string;
}
interface Collection {
  items: { id: number; name: string; links: Link[] }[];
  links: Link[];
}

const TYPE = (model: string) => `application/vnd.griddynamics.genesis.${model}+json`;
const EMPTY = { serviceErrors: {}, variablesErrors: {}, compoundServiceErrors: [], compoundVariablesErrors: [] };
const FAILED = { ...EMPTY, isSuccess: false, isNotFound: false };
const DENIED = { ...FAILED, compoundServiceErrors: ['Access is denied'] };

let genesis: Genesis;
beforeAll(async () => {
  genesis = await startGenesis();
});
afterAll(() => genesis.close());

describe('a project', () => {
  it('is made with a configuration "Default", and described with links by rights', async () => {
    const admin = genesis.as('genesis');
    const made = await admin.post('/projects', { name: ' Проект 1 ', projectManager: 'Ann Smith', description: 'd' });
    expect(made.statusCode).toBe(200);
    expect(made.json()).toEqual({
      ...EMPTY,
      isSuccess: true,
      result: {
        id: expect.any(Number) as number,
        name: 'Проект 1',
        creator: 'genesis',
        creationTime: expect.any(Number) as number,
        projectManager: 'Ann Smith',
        description: 'd',
        isDeleted: false,
      },
    });
    const { id } = made.json<{ result: { id: number } }>().result;
    const path = `${genesis.test.url}/rest/projects/${id}`;
    const { links } = (await admin.get(`/projects/${id}`)).json<{ links: Link[] }>();
    expect(links).toEqual([
      { rel: 'self', href: path, methods: ['get', 'put', 'delete'], type: TYPE('Project') },
      { rel: 'collection', href: `${path}/envs`, methods: ['get', 'post'], type: TYPE('Environment') },
      { rel: 'collection', href: `${path}/configs`, methods: ['get', 'post'], type: TYPE('Configuration') },
      { rel: 'collection', href: `${path}/settings`, methods: ['get'], type: TYPE('SystemSettings') },
    ]);
    const seen = (await genesis.as('reader').get(`/projects/${id}`)).json<{ links: Link[] }>();
    expect(seen.links.map(({ methods }) => methods)).toEqual([['get'], ['get'], ['get'], ['get']]);
    const configs = (await admin.get(`/projects/${id}/configs`)).json<Collection>();
    expect(configs.items.map(({ name }) => name)).toEqual(['Default']);
  });

  it.each([
    [{ name: '', projectManager: 'ab' }, { name: 'may not be empty' }],
    [{ name: '   ', projectManager: 'ab' }, { name: 'may not be empty' }],
    [{ name: 'a'.repeat(65), projectManager: 'ab' }, { name: 'size must be between 1 and 64' }],
    [
      { name: 'a/b', projectManager: 'a' },
      { name: expect.stringMatching(/^Invalid format\./) as string, projectManager: 'size must be between 2 and 128' },
    ],
    [{ name: 'ok', projectManager: 'm1' }, { projectManager: 'Invalid format. Only letters and spaces are allowed.' }],
  ])('%j is refused by field', async (body, variablesErrors) => {
    const answer = await genesis.as('genesis').post('/projects', body);
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toEqual({ ...FAILED, variablesErrors });
  });

  it('must have a name and a manager, in an object', async () => {
    const admin = genesis.as('genesis');
    for (const [body, error] of [
      [{ projectManager: 'ab' }, 'Missing parameter: name'],
      [{ name: 'x', projectManager: null }, 'Missing parameter: projectManager'],
      [[], 'Invalid input'],
      ['{', 'Invalid input'],
      [{ name: { a: 1 }, projectManager: 'ab' }, 'Invalid input'],
      [{ name: 'nul\u0000', projectManager: 'ab' }, 'Invalid input'],
    ] as const) {
      const answer = await admin.post('/projects', body);
      expect([answer.statusCode, answer.json()]).toEqual([400, { error }]);
    }
  });

  it('is renamed, refused a taken name, and frees its name when it is deleted', async () => {
    const admin = genesis.as('genesis');
    const first = await genesis.makeProject('first of two');
    const second = await genesis.makeProject('second of two');
    const taken = { ...FAILED, compoundServiceErrors: ["Project with name 'first of two' already exists"] };
    const body = { name: 'first of two', projectManager: 'ab' };
    expect((await admin.put(`/projects/${second.id}`, body)).json()).toEqual(taken);
    expect((await admin.post('/projects', body)).json()).toEqual(taken);
    expect(ok(await genesis.as('manager').delete(`/projects/${first.id}`)).result).toBe(first.id);
    expect((await admin.get(`/projects/${first.id}`)).statusCode).toBe(404);
    expect(ok(await admin.put(`/projects/${second.id}`, body)).result).toMatchObject(body);
    expect((await admin.delete(`/projects/${first.id}`)).statusCode).toBe(404);
  });

  it('is not deleted while an environment lives, and is once it is destroyed', async () => {
    const { id, configId } = await genesis.makeProject();
    const { dataSource } = genesis.test.database;
    await dataSource.query(
      `insert into environments (project_id, name, status, creator, template_name, template_version, template, configuration_id)
       values ($1, 'e', 'Broken', 'genesis', 't', '1', '{}', $2)`,
      [id, configId],
    );
    const admin = genesis.as('genesis');
    const refusal = await admin.delete(`/projects/${id}`);
    expect(refusal.statusCode).toBe(400);
    expect(refusal.json()).toMatchObject({ compoundServiceErrors: ['Deleted project can not have active instances'] });
    ok(await admin.post(`/projects/${id}/configs`, { name: 'other' }));
    const config = await admin.delete(`/projects/${id}/configs/${configId}`);
    expect(config.json()).toMatchObject({
      compoundServiceErrors: ['Environment configuration can not be deleted while not all instances are destroyed'],
    });
    await dataSource.query(`update environments set status = 'Destroyed' where project_id = $1`, [id]);
    ok(await admin.delete(`/projects/${id}/configs/${configId}`));
    ok(await admin.delete(`/projects/${id}`));
  });

  it('is listed by name or the other way round, to whom it concerns', async () => {
    const one = await genesis.makeProject('aaa');
    ok(
      await genesis.as('genesis').put(`/projects/${one.id}/roles/ROLE_GENESIS_PROJECT_USER`, { users: [], groups: [] }),
    );
    const two = await genesis.makeProject('zzz');
    const names = async (user: 'genesis' | 'reader' | 'user' | 'manager' | 'stranger', query = '') =>
      (await genesis.as(user).get(`/projects${query}`)).json<Collection>().items.map(({ name }) => name);
    expect(await names('stranger')).toEqual([]);
    expect(await names('user')).not.toContain('aaa');
    expect(await names('manager')).toEqual(expect.arrayContaining(['aaa', 'zzz']));
    const all = await names('reader');
    expect(await names('genesis', '?sorting=~name')).toEqual([...all].reverse());
    expect((await genesis.as('user').get('/projects?sorting=id')).json()).toEqual({
      error: "Unsupported ordering field 'id'",
    });
    const listed = (await genesis.as('manager').get('/projects')).json<Collection>();
    expect(listed.items.find(({ id }) => id === two.id)?.links[0]?.methods).toEqual(['get', 'put', 'delete']);
    expect(listed.links[0]?.methods).toEqual(['get']);
  });
});

describe('the roles in a project', () => {
  it('are replaced, answered with who is unknown, and shown', async () => {
    const { id } = await genesis.makeProject();
    const path = `/projects/${id}/roles/ROLE_GENESIS_PROJECT_USER`;
    const put = await genesis.as('manager').put(path, { users: ['stranger', 'nobody'], groups: ['no group'] });
    expect(ok(put).result).toEqual({ nonExistentUsers: ['nobody'], nonExistentGroups: ['no group'] });
    const shown = (await genesis.as('reader').get(path)).json<{ users: unknown[]; groups: string[]; links: Link[] }>();
    expect(shown.users).toEqual([{ username: 'stranger', firstName: '', lastName: '' }]);
    expect(shown.links[0]?.methods).toEqual(['get']);
    expect((await genesis.as('user').get(`/projects/${id}`)).statusCode).toBe(403);
    expect((await genesis.as('stranger').get(`/projects/${id}`)).statusCode).toBe(200);
    const audited: { after: unknown }[] = await genesis.test.database.dataSource.query(
      `select after from audit_events where action = 'set_members' and object_id = $1 order by id desc limit 1`,
      [String(id)],
    );
    expect(audited[0]?.after).toMatchObject({ users: ['stranger'] });
  });

  it('and who may use a configuration, are not taken from everybody by a body that names nobody', async () => {
    const { id, configId } = await genesis.makeProject();
    const manager = genesis.as('manager');
    for (const path of [
      `/projects/${id}/roles/ROLE_GENESIS_PROJECT_USER`,
      `/projects/${id}/configs/${configId}/access`,
    ]) {
      ok(await manager.put(path, { users: ['user'] }));
      for (const body of [{}, { users: null, groups: null }]) {
        const answer = await manager.put(path, body);
        expect([answer.statusCode, answer.json()]).toEqual([400, { error: 'Missing parameter: users' }]);
      }
      expect((await manager.get(path)).json()).toMatchObject({ users: [{ username: 'user' }] });
      ok(await manager.put(path, { groups: [] }));
      expect((await manager.get(path)).json()).toMatchObject({ users: [] });
    }
  });

  it('are told to their holder', async () => {
    const { id } = await genesis.makeProject();
    const both = ['ROLE_GENESIS_PROJECT_ADMIN', 'ROLE_GENESIS_PROJECT_USER'];
    expect((await genesis.as('reader').get(`/projects/${id}/permissions`)).json()).toEqual(both);
    expect((await genesis.as('manager').get(`/projects/${id}/permissions`)).json()).toEqual([both[0]]);
    expect((await genesis.as('user').get(`/projects/${id}/permissions`)).json()).toEqual([both[1]]);
    expect((await genesis.as('genesis').get(`/projects/${id}/roles/ROLE_GENESIS_ADMIN`)).statusCode).toBe(404);
  });
});

describe('a configuration', () => {
  it('is made, changed and deleted, but for the last', async () => {
    const { id, configId } = await genesis.makeProject();
    const manager = genesis.as('manager');
    const made = ok(await manager.post(`/projects/${id}/configs`, { name: 'eu', items: { region: 'eu', size: 3 } }));
    const { id: madeId } = made.result as { id: number };
    expect(made.result).toEqual({
      id: madeId,
      name: 'eu',
      projectId: id,
      items: { region: 'eu', size: '3' },
      instanceCount: 0,
    });
    const again = await manager.post(`/projects/${id}/configs`, { name: 'eu' });
    expect([again.statusCode, again.json<{ compoundServiceErrors: string[] }>().compoundServiceErrors]).toEqual([
      400,
      ["Environment configuration with name 'eu' already exists"],
    ]);
    ok(await manager.put(`/projects/${id}/configs/${madeId}`, { name: 'eu 2', description: 'x' }));
    expect((await manager.get(`/projects/${id}/configs/${madeId}`)).json()).toMatchObject({
      name: 'eu 2',
      description: 'x',
      items: { region: 'eu' },
    });
    ok(await manager.delete(`/projects/${id}/configs/${configId}`));
    expect((await manager.delete(`/projects/${id}/configs/${madeId}`)).json()).toMatchObject({
      compoundServiceErrors: ['At least one environment must be defined in project'],
    });
    expect((await manager.get(`/projects/${id}/configs/${configId}`)).statusCode).toBe(404);
  });

  it('shows its items to no audit record', async () => {
    const { id, configId } = await genesis.makeProject();
    ok(await genesis.as('manager').put(`/projects/${id}/configs/${configId}`, { name: 'c', items: { x: 'hunter2' } }));
    const rows: { text: string }[] = await genesis.test.database.dataSource.query(
      `select row_to_json(a)::text as text from audit_events a where object_type = 'genesis_configuration'`,
    );
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.filter(({ text }) => text.includes('hunter2'))).toEqual([]);
  });

  it('of another project is not found', async () => {
    const [one, two] = [await genesis.makeProject(), await genesis.makeProject()];
    const admin = genesis.as('genesis');
    const path = `/projects/${one.id}/configs/${two.configId}`;
    for (const answer of [
      await admin.get(path),
      await admin.put(path, { name: 'x' }),
      await admin.delete(path),
      await admin.get(`${path}/access`),
      await admin.put(`${path}/access`, { users: ['user'] }),
    ]) {
      expect(answer.statusCode).toBe(404);
    }
  });
});

describe('the environment restriction', () => {
  afterEach(() => genesis.restrict(false));

  it('leaves a project user what was granted, environments included', async () => {
    const project = await genesis.makeProject();
    const { id, configId } = project;
    const user = genesis.as('user');
    const { dataSource } = genesis.test.database;
    await dataSource.query(
      `insert into environments (project_id, name, status, creator, template_name, template_version, template, configuration_id)
       values ($1, 'e', 'Ready', 'genesis', 't', '1', '{}', $2)`,
      [id, configId],
    );
    await genesis.restrict(true);
    expect((await user.get(`/projects/${id}/configs`)).json<Collection>().items).toEqual([]);
    expect((await user.get(`/projects/${id}/configs/${configId}`)).json()).toEqual(DENIED);
    await genesis.grant(project, ['user']);
    const [seen] = (await user.get(`/projects/${id}/configs`)).json<Collection>().items;
    expect(seen?.links.map(({ rel, methods }) => [rel, methods])).toEqual([
      ['self', ['get']],
      ['action', ['post']],
    ]);
    const grants: { count: number }[] = await dataSource.query(
      'select count(*)::int as count from genesis_grants where environment_id is not null and user_id is not null',
    );
    expect(grants).toEqual([{ count: 1 }]);
    await genesis.grant(project, []);
    expect((await user.get(`/projects/${id}/configs/${configId}`)).statusCode).toBe(403);
    expect((await genesis.as('manager').get(`/projects/${id}/configs/${configId}`)).statusCode).toBe(200);
    expect(await dataSource.query('select 1 from genesis_grants')).toEqual([]);
  });
});

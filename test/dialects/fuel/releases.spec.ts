import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FuelApi, nodeBody, releaseBody } from './fuel-api.js';

interface ReleaseAnswer {
  readonly id: number;
  readonly name: string;
  readonly roles: string[];
}

let api: FuelApi;
beforeAll(async () => {
  api = await FuelApi.start();
});
afterAll(() => api.close());

let made = 0;
const fresh = (more: Record<string, unknown> = {}) => releaseBody({ version: `2014.${(made += 1)}-5.1`, ...more });
const make = (more: Record<string, unknown> = {}) => api.create<ReleaseAnswer>('releases/', fresh(more));
const count = async () => (await api.read<unknown[]>('releases/')).length;
const cluster = (name: string, releaseId: number, pendingId: number | null = null) =>
  api.sql.query<{ id: number }[]>(
    `with made as (insert into clusters (name, fuel_version, release_id, pending_release_id) values ($1, '5.1.1', $2, $3) returning id)
     select id from made`,
    [name, releaseId, pendingId],
  );

describe('/releases', () => {
  it('keeps one, and answers every field that clients read', async () => {
    const body = fresh({ can_update_from_versions: ['2014.1.1-5.1'], description: 'd', unknown_field: 1 });
    const answer = await api.post('releases/', body);
    expect(answer.statusCode).toBe(201);
    const { unknown_field: _unknown, ...known } = body;
    expect(answer.json()).toEqual({
      id: expect.any(Number),
      is_deployable: true,
      roles_metadata: {},
      modes_metadata: {},
      wizard_metadata: {},
      attributes_metadata: {},
      networks_metadata: {},
      volumes_metadata: {},
      orchestrator_data: {},
      ...known,
    });
    expect(await api.read(`releases/${answer.json()['id']}/`)).toEqual(answer.json());
  });

  it('lists by id; a new one is not available unless it says so', async () => {
    const { id } = await make({ state: undefined });
    const list = await api.read<{ id: number; state: string }[]>('releases/');
    expect(list.map((each) => each.id)).toEqual(list.map((each) => each.id).sort((a, b) => a - b));
    expect(list.find((each) => each.id === id)?.state).toBe('not_available');
  });

  it.each([
    ['name', 'No release name specified'],
    ['version', 'No release version specified'],
    ['operating_system', 'No release operating system specified'],
  ])('is not made without a %s', async (field, message) => {
    for (const value of [undefined, null, '']) {
      expect(FuelApi.refusal(await api.post('releases', fresh({ [field]: value })))).toEqual([400, message]);
    }
  });

  it('has a name and version of its own', async () => {
    const body = fresh();
    expect((await api.post('releases', body)).statusCode).toBe(201);
    const refusal = [409, 'Release with the same name and version already exists'];
    expect(FuelApi.refusal(await api.post('releases', body))).toEqual(refusal);
    const other = await make();
    expect(FuelApi.refusal(await api.put(`releases/${other.id}`, { version: body['version'] }))).toEqual(refusal);
    expect((await api.put(`releases/${other.id}`, { version: body['version'], name: 'Other' })).statusCode).toBe(200);
  });

  it('of ten alike at once one is made', async () => {
    const body = fresh();
    const answers = await Promise.all(Array.from({ length: 10 }, () => api.post('releases', body)));
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([201, ...Array<number>(9).fill(409)]);
  });

  it('changes what a PUT names and nothing else', async () => {
    const { id } = await make({ description: 'kept', roles_metadata: { controller: { name: 'Controller' } } });
    const before = await api.read(`releases/${id}`);
    const answer = await api.put(`releases/${id}/`, { state: 'unavailable' });
    expect([answer.statusCode, answer.json()]).toEqual([
      200,
      { ...before, state: 'unavailable', is_deployable: false },
    ]);
    expect((await api.put(`releases/${id}`, { description: null })).json()).toMatchObject({ description: null });
    expect(FuelApi.refusal(await api.put(`releases/${id}`))).toEqual([400, 'Empty request received']);
    expect((await api.put(`releases/${id}`, {})).statusCode).toBe(200);
  });

  it('takes back exactly what it gave', async () => {
    const { id } = await make({ description: 'same', can_update_from_versions: ['1-1'] });
    const given = await api.read(`releases/${id}`);
    const answer = await api.put(`releases/${id}`, given);
    expect([answer.statusCode, answer.json()]).toEqual([200, given]);
  });

  it.each([
    { name: 'x'.repeat(101) },
    { name: 7 },
    { name: ['a'] },
    { name: null },
    { version: 'x'.repeat(31) },
    { version: {} },
    { operating_system: 'x'.repeat(51) },
    { operating_system: true },
    { state: 'ready' },
    { state: 1 },
    { roles: 'controller' },
    { roles: [1] },
    { roles: { controller: 1 } },
    { roles: [''] },
    { roles_metadata: [] },
    { roles_metadata: 'x' },
    { modes_metadata: null },
    { can_update_from_versions: '1' },
    { can_update_from_versions: [null] },
    { orchestrator_data: [] },
    { description: 5 },
    { deployment_tasks: 'x' },
    { deployment_tasks: [{ id: 'x', type: 'puppet', role: '*' }] },
    { deployment_tasks: [{ id: 'x', type: 'shell', role: '*', parameters: {} }] },
  ])('refuses %j on POST and PUT and changes nothing', async (wrong) => {
    const { id } = await make();
    const before = [await count(), await api.read(`releases/${id}`)];
    for (const answer of [await api.post('releases', fresh(wrong)), await api.put(`releases/${id}`, wrong)]) {
      expect(FuelApi.refusal(answer)[0]).toBe(400);
    }
    expect([await count(), await api.read(`releases/${id}`)]).toEqual(before);
  });

  it('names the fault as 6.1 does', async () => {
    expect(FuelApi.refusal(await api.post('releases', fresh({ state: 'ready' })))).toEqual([
      400,
      "state: 'ready' is not one of ['not_available', 'downloading', 'error', 'available', 'unavailable', 'manageonly']",
    ]);
    expect(FuelApi.refusal(await api.post('releases', fresh({ roles: true })))).toEqual([
      400,
      "roles: True is not of type 'array'",
    ]);
  });

  it('is deleted once, and not while a cluster runs it or is to run it', async () => {
    const { id } = await make();
    const answer = await api.delete(`releases/${id}`);
    expect([answer.statusCode, answer.body]).toEqual([204, '']);
    for (const method of ['GET', 'PUT', 'DELETE']) {
      expect(FuelApi.refusal(await api.send(method, `releases/${id}`, {}))).toEqual([404, 'Release not found']);
    }
    expect(FuelApi.refusal(await api.post(`releases/${id}`, {}))[0]).toBe(405);
    const [current, pending] = [await make(), await make()];
    await cluster('uses two', current.id, pending.id);
    for (const used of [current, pending]) {
      const refused = await api.delete(`releases/${used.id}`);
      expect(FuelApi.refusal(refused)).toEqual([400, "Can't delete release with clusters assigned"]);
      expect((await api.get(`releases/${used.id}`)).statusCode).toBe(200);
    }
  });

  it('keeps the roles that nodes have', async () => {
    const [current, target] = [await make(), await make()];
    const [{ id: clusterId } = { id: 0 }] = await cluster('has nodes', current.id, target.id);
    const node = await api.create('nodes/', nodeBody(1));
    await api.sql.query(
      `update nodes set cluster_id = $1, roles = '["compute"]', pending_roles = '["mongo"]' where id = $2`,
      [clusterId, node.id],
    );
    for (const { id } of [current, target]) {
      expect(FuelApi.refusal(await api.put(`releases/${id}`, { roles: ['controller'] }))).toEqual([
        400,
        'Cannot delete roles already assigned to nodes: compute,mongo',
      ]);
      expect((await api.put(`releases/${id}`, { roles: ['mongo', 'compute'] })).json()['roles']).toEqual([
        'mongo',
        'compute',
      ]);
    }
  });

  it('lets viewers read and operators change', async () => {
    const [viewer, operator] = [await api.as('viewer'), await api.as('operator')];
    expect((await viewer.get('releases/')).statusCode).toBe(200);
    expect(FuelApi.refusal(await viewer.post('releases', fresh()))[0]).toBe(403);
    const { id } = await operator.create('releases', fresh());
    expect(FuelApi.refusal(await viewer.delete(`releases/${id}`))[0]).toBe(403);
    expect((await operator.delete(`releases/${id}`)).statusCode).toBe(204);
  });

  it('writes an audit record of each change', async () => {
    const { id } = await make();
    await api.put(`releases/${id}`, { state: 'error' });
    await api.delete(`releases/${id}`);
    const rows = await api.sql.query<{ action: string; after: { state?: string } | null }[]>(
      `select action, after from audit_events where object_type = 'release' and object_id = $1 order by id`,
      [String(id)],
    );
    expect(rows.map(({ action, after }) => [action, after?.state])).toEqual([
      ['create', 'available'],
      ['update', 'error'],
      ['delete', undefined],
    ]);
  });
});

describe('docs/examples/fuel-releases.json', () => {
  it('holds releases that can be made as they stand', async () => {
    const file = join(import.meta.dirname, '../../../docs/examples/fuel-releases.json');
    const releases = JSON.parse(readFileSync(file, 'utf8')) as { deployment_tasks: unknown[] }[];
    expect(releases).toHaveLength(2);
    for (const release of releases) {
      const { id } = await api.create('releases/', release);
      expect(await api.read(`releases/${id}/deployment_tasks`)).toEqual(release.deployment_tasks);
    }
  });
});

describe('/releases/{id}/roles', () => {
  it('lists them with their metadata; metadata alone makes a role', async () => {
    const { id } = await make({
      roles: undefined,
      roles_metadata: { controller: { name: 'Controller', conflicts: ['compute'] }, compute: {} },
      volumes_metadata: { volumes_roles_mapping: { compute: [{ id: 'vm', allocate_size: 'all' }] } },
    });
    const roles = await api.read(`releases/${id}/roles/`);
    expect(roles).toEqual([
      { name: 'controller', meta: { name: 'Controller', conflicts: ['compute'] }, volumes_roles_mapping: [] },
      { name: 'compute', meta: {}, volumes_roles_mapping: [{ id: 'vm', allocate_size: 'all' }] },
    ]);
    expect((await api.read(`releases/${id}/roles/compute/`))['name']).toBe('compute');
    expect(FuelApi.refusal(await api.get(`releases/${id}/roles/constructor`))).toEqual([
      404,
      'Role is not found for the release',
    ]);
    await api.put(`releases/${id}`, { roles_metadata: { cinder: {} } });
    expect((await api.read<ReleaseAnswer>(`releases/${id}`)).roles).toEqual(['controller', 'compute', 'cinder']);
    expect(FuelApi.refusal(await api.get('releases/9999/roles'))).toEqual([404, 'Release not found']);
  });
});

describe('/releases/{id}/deployment_tasks', () => {
  const tasks = [
    { id: 'begin', type: 'stage' },
    { id: 'work', type: 'shell', role: ['controller'], requires: ['begin'], parameters: { cmd: 'true', timeout: 5 } },
  ];

  it('gives back what it was given', async () => {
    const { id } = await make();
    expect(await api.read(`releases/${id}/deployment_tasks/`)).toEqual([]);
    const answer = await api.put(`releases/${id}/deployment_tasks`, tasks);
    expect([answer.statusCode, answer.json()]).toEqual([200, tasks]);
    expect(await api.read(`releases/${id}/deployment_tasks`)).toEqual(tasks);
    expect((await make({ deployment_tasks: tasks })).id).toBeGreaterThan(id);
    expect((await api.put(`releases/${id}/deployment_tasks`, [])).json()).toEqual([]);
  });

  it.each([
    [{}, 'Invalid json list'],
    [[{ id: 'x', type: 'puppet', role: '*' }], expect.stringContaining(`"puppet" is not supported`)],
    [[tasks[1]], expect.stringContaining("requires names 'begin'")],
    [[tasks[0], tasks[0]], expect.stringContaining('another task has the same id')],
    [[7], expect.any(String)],
    [undefined, 'Empty request received'],
  ])('refuses %j and keeps what it had', async (body, message) => {
    const { id } = await make({ deployment_tasks: tasks });
    expect(FuelApi.refusal(await api.put(`releases/${id}/deployment_tasks`, body))).toEqual([400, message]);
    expect(await api.read(`releases/${id}/deployment_tasks`)).toEqual(tasks);
  });

  it('is found only under a release', async () => {
    expect(FuelApi.refusal(await api.get('releases/9999/deployment_tasks'))).toEqual([404, 'Release not found']);
    expect(FuelApi.refusal(await api.put('releases/9999/deployment_tasks', tasks))).toEqual([404, 'Release not found']);
    expect(FuelApi.refusal(await api.post('releases/1/deployment_tasks', tasks))[0]).toBe(405);
  });
});

import { FuelApi, nodeBody, releaseBody } from './fuel-api.js';

interface NodeAnswer {
  readonly id: number;
  readonly name: string;
  readonly mac: string;
  readonly status: string;
  readonly roles: string[];
  readonly cluster: number | null;
  readonly online: boolean;
  readonly meta: Record<string, unknown>;
}

let api: FuelApi;
let next = 0;
beforeAll(async () => {
  api = await FuelApi.start();
});
afterAll(() => api.close());

const fresh = (more: Record<string, unknown> = {}) => nodeBody((next += 1), more);
const make = (more: Record<string, unknown> = {}) => api.create<NodeAnswer>('nodes/', fresh(more));
const read = (id: number) => api.read<NodeAnswer>(`nodes/${id}/`);
const bare = (method: string, url: string, payload?: unknown, headers: Record<string, string> = {}) =>
  api.app.inject({ method, url, payload, headers });
const sql = <T>(text: string, parameters: unknown[] = []) => api.sql.query<T>(text, parameters);

async function makeCluster(name: string): Promise<number> {
  const release = await api.create('releases', releaseBody({ name: `Release of ${name}` }));
  const [row] = await sql<[{ id: number }]>(
    `with made as (insert into clusters (name, fuel_version, release_id) values ($1, '5.1.1', $2) returning id) select id from made`,
    [name, release.id],
  );
  return row.id;
}

/** As a deployment does: a job on the node in some state. */
async function work(nodeId: number, status: string, progress = 0): Promise<void> {
  const steps = JSON.stringify([]);
  await sql(
    `with b as (
       insert into batches (id, kind, mode, status, on_failure, request, jobs_total, created_by_name)
       values (gen_random_uuid(), 'fuel', 'parallel', 'running', 'stop', '{}', 1, 'test') returning id)
     insert into jobs (batch_id, wave, position, kind, target_kind, target_id, label, status, progress, steps, input)
     select id, 0, 0, 'fuel', 'node', $1, 'n', $2, $3, $4::jsonb, '{}' from b`,
    [String(nodeId), status, progress, steps],
  );
}

describe('GET /nodes', () => {
  it('is an empty list at first', async () => {
    expect((await api.get('/api/nodes')).json()).toEqual([]);
    expect((await api.get('/api/clusters/')).json()).toEqual([]);
    expect((await api.get('nodes/allocation/stats')).json()).toEqual({ total: 0, unallocated: 0 });
  });

  it('filters by cluster, and counts those in none', async () => {
    const clusterId = await makeCluster('filtered');
    const [inside, outside] = [await make({ cluster: clusterId }), await make()];
    const ids = async (query: string) => (await api.read<NodeAnswer[]>(`nodes/${query}`)).map(({ id }) => id);
    expect(await ids(`?cluster_id=${clusterId}`)).toEqual([inside.id]);
    expect(await ids('?cluster_id=')).toEqual([outside.id]);
    expect(await ids('')).toEqual([inside.id, outside.id]);
    expect(await ids(`?cluster_id=${clusterId}&cluster_id=`)).toEqual([outside.id]);
    expect(await ids('?cluster_id=9999')).toEqual([]);
    expect(await ids('?cluster_id=99999999999999999999')).toEqual([]);
    expect(FuelApi.refusal(await api.get('nodes?cluster_id=abc'))).toEqual([400, 'Provided id is not integer']);
    expect(FuelApi.refusal(await api.get('nodes?cluster_id=1%00'))[0]).toBe(400);
    expect((await api.get('nodes/allocation/stats/')).json()).toEqual({ total: 2, unallocated: 1 });
  });

  it('asks for a token', async () => {
    for (const url of ['/api/nodes/allocation/stats', '/api/v1/nodes', '/nodes/1', '/nodes/agent']) {
      expect((await bare('GET', url)).statusCode).toBe(401);
    }
    expect(
      (await bare('GET', '/api/nodes/allocation/stats', undefined, { 'x-auth-token': api.app.adminToken })).statusCode,
    ).toBe(200);
  });

  it('shows the progress of the job that works on a node', async () => {
    const { id } = await make();
    await sql(`update nodes set status = 'deploying', progress = 0 where id = $1`, [id]);
    await work(id, 'queued', 0);
    expect((await api.read(`nodes/${id}`))['progress']).toBe(0);
    await sql(`update jobs set status = 'running', progress = 42 where target_id = $1`, [String(id)]);
    expect((await api.read(`nodes/${id}`))['progress']).toBe(42);
    expect((await api.read<{ id: number; progress: number }[]>('nodes')).find((each) => each.id === id)?.progress).toBe(
      42,
    );
  });
});

describe('POST /nodes', () => {
  it('registers a node without a token, says so to operators, and answers every field', async () => {
    const meta = {
      interfaces: [{ name: 'eth0', mac: '52:54:00:ab:7e:61' }, { name: 'eth1' }, 7],
      memory: { total: 2147483648 },
      cpu: { total: 4 },
      disks: [{ size: 5e10 }],
    };
    const answer = await bare('POST', '/api/nodes', {
      mac: '52-54-00-AB-7E-61',
      status: 'discover',
      meta,
      ip: '10.20.0.3',
      manufacturer: 'KVM',
    });
    expect(answer.statusCode).toBe(201);
    const node = answer.json<NodeAnswer>();
    expect(node).toEqual({
      id: expect.any(Number),
      name: 'Untitled (7e:61)',
      mac: '52:54:00:ab:7e:61',
      ip: '10.20.0.3',
      fqdn: null,
      hostname: `node-${node.id}`,
      manufacturer: 'KVM',
      platform_name: null,
      os_platform: null,
      kernel_params: null,
      meta: { ...meta, interfaces: [{ name: 'eth0', mac: '52:54:00:ab:7e:61' }] },
      status: 'discover',
      progress: 0,
      roles: [],
      pending_roles: [],
      pending_addition: false,
      pending_deletion: false,
      error_type: null,
      online: true,
      cluster: null,
      group_id: null,
      network_data: [],
      labels: {},
    });
    const { slipway, ...rest } = await api.read(`nodes/${node.id}`);
    expect([rest, slipway]).toEqual([node, expect.objectContaining({ driver: 'ssh' })]);
    const told = await api.read<{ node_id: number; topic: string; message: string }[]>('notifications');
    expect(told.find((each) => each.node_id === node.id)).toMatchObject({
      topic: 'discover',
      message: 'New node is discovered: 4 CPUs / 2.0 GB RAM / 50.0 GB HDD',
    });
  });

  it('believes no more of one who shows no token than of an agent', async () => {
    const clusterId = await makeCluster('not for strangers');
    const wishes = {
      cluster: clusterId,
      pending_roles: ['controller'],
      pending_addition: true,
      progress: 100,
      online: false,
      error_type: 'deploy',
    };
    const answer = await bare('POST', '/api/nodes', fresh(wishes));
    expect(answer.json()).toMatchObject({
      cluster: null,
      pending_roles: [],
      pending_addition: false,
      progress: 0,
      online: true,
      error_type: null,
    });
    const byOperator = await api.create('nodes', fresh(wishes));
    expect(byOperator).toMatchObject({ cluster: clusterId, pending_roles: ['controller'], pending_addition: true });
    expect(FuelApi.refusal(await bare('POST', '/api/nodes', fresh({ slipway: { driver: 'simulated' } })))[0]).toBe(403);
    const viewer = await api.as('viewer');
    expect(FuelApi.refusal(await viewer.post('nodes', fresh({ slipway: { driver: 'simulated' } })))[0]).toBe(403);
    expect((await viewer.post('nodes', fresh())).statusCode).toBe(201);
  });

  it.each([
    [{ status: 'ready' }, 403, 'Only bootstrap nodes are allowed to be registered.'],
    [{ status: undefined }, 403, 'Only bootstrap nodes are allowed to be registered.'],
    [{ status: ['discover'] }, 403, 'Only bootstrap nodes are allowed to be registered.'],
    [{ mac: undefined }, 400, 'No mac address specified'],
    [{ mac: null }, 400, 'No mac address specified'],
    [{ mac: '' }, 400, 'No mac address specified'],
    [{ mac: 'x' }, 400, 'Invalid MAC is specified'],
    [{ mac: 7 }, 400, 'Invalid MAC is specified'],
    [{ mac: ['52:54:00:00:00:01'] }, 400, 'Invalid MAC is specified'],
    [{ meta: {} }, 400, 'Failed to discover node: invalid interfaces info'],
    [{ meta: [] }, 400, "Invalid data: 'meta' should be dict"],
    [{ meta: null }, 400, "Invalid data: 'meta' should be dict"],
    [{ meta: { interfaces: {} } }, 400, 'Meta.interfaces should be list'],
    [{ cluster: 9999 }, 400, 'Cluster not found'],
    [{ ip: '10.0.0.300' }, 400, "ip: '10.0.0.300' is not an IP address"],
    [{ ip: '10.0.0.1; reboot' }, 400, expect.any(String)],
  ])('refuses %j with %i', async (wrong, status, message) => {
    const before = await api.read('nodes');
    expect(FuelApi.refusal(await api.post('nodes', fresh(wrong)))).toEqual([status, message]);
    expect(await api.read('nodes')).toEqual(before);
  });

  it('knows a node by its address however it is written, and by any of its interfaces', async () => {
    const { mac } = await make();
    const exists = (written: string) => [409, `Node with mac ${written} already exists - doing nothing`];
    for (const written of [mac, mac.toUpperCase(), mac.replaceAll(':', '-')]) {
      expect(FuelApi.refusal(await bare('POST', '/api/nodes', fresh({ mac: written })))).toEqual(exists(written));
    }
    const other = fresh({ meta: { interfaces: [{ name: 'eth0', mac: mac.toUpperCase() }] } });
    expect(FuelApi.refusal(await bare('POST', '/api/nodes', other))).toEqual(exists(other['mac'] as string));
  });

  it('of ten alike at once one registers, and one is told of', async () => {
    const body = fresh();
    const answers = await Promise.all(Array.from({ length: 10 }, () => bare('POST', '/api/nodes', body)));
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([201, ...Array<number>(9).fill(409)]);
    const id = answers.find(({ statusCode }) => statusCode === 201)?.json<NodeAnswer>().id;
    const told = await api.read<{ node_id: number }[]>('notifications');
    expect(told.filter(({ node_id }) => node_id === id)).toHaveLength(1);
  });
});

describe('PUT /nodes/{id}', () => {
  it('changes what it names and nothing else', async () => {
    const before = await make();
    const change = {
      name: 'renamed',
      status: 'ready',
      progress: 100,
      online: false,
      fqdn: 'a.b',
      labels: { rack: '1' },
      hostname: 'db1',
      ip: '2001:db8::1',
    };
    const answer = await api.put(`nodes/${before.id}/`, change);
    expect([answer.statusCode, answer.json()]).toEqual([200, { ...before, ...change }]);
    expect(await read(before.id)).toEqual({ ...before, ...change });
    expect(
      (await api.put(`nodes/${before.id}`, { hostname: null, ip: null, error_type: 'deploy' })).json(),
    ).toMatchObject({
      hostname: `node-${before.id}`,
      ip: null,
      error_type: 'deploy',
    });
  });

  it('takes back exactly what it gave', async () => {
    const { id } = await make({ slipway: { ssh: { password: 'kept-secret' } } });
    const given = await read(id);
    const answer = await api.put(`nodes/${id}`, given);
    expect([answer.statusCode, answer.json()]).toEqual([200, given]);
    const [{ changes } = { changes: 0 }] = await sql<{ changes: number }[]>(
      `select count(*)::integer as changes from audit_events where object_type = 'node' and object_id = $1 and action = 'update'`,
      [String(id)],
    );
    expect(changes).toBe(0);
  });

  it.each([
    [undefined, 'Empty request received'],
    [[], 'Invalid data: a JSON object is expected'],
    [{ status: 'invalid_status' }, 'Invalid status for node'],
    [{ status: null }, 'Invalid status for node'],
    [{ status: ['ready'] }, 'Invalid status for node'],
    [{ mac: '52:54:00:ff:ff:ff' }, 'Invalid MAC is specified'],
    [{ mac: 'nonsense' }, 'Invalid MAC is specified'],
    [{ mac: null }, 'Invalid MAC is specified'],
    [{ id: 9999 }, 'Invalid ID specified'],
    [{ id: null }, 'Invalid ID specified'],
    [{ id: {} }, 'Invalid ID specified'],
    [{ id: 2 ** 63 }, 'Invalid ID specified'],
    [{ progress: 101 }, 'progress: 101 is greater than the maximum of 100'],
    [{ progress: -1 }, 'progress: -1 is less than the minimum of 0'],
    [{ progress: '50' }, "progress: '50' is not of type 'integer'"],
    [{ progress: 0.5 }, "progress: 0.5 is not of type 'integer'"],
    [{ online: 'yes' }, "online: 'yes' is not of type 'boolean'"],
    [{ pending_deletion: 1 }, "pending_deletion: 1 is not of type 'boolean'"],
    [{ roles: 'controller' }, "roles: 'controller' is not of type 'array'"],
    [{ pending_roles: [{}] }, "pending_roles: the object is not of type 'string'"],
    [{ error_type: 'fire' }, "error_type: 'fire' is not one of ['deploy', 'provision', 'deletion']"],
    [{ cluster: '1' }, "cluster: '1' is not an id"],
    [{ cluster_id: 2 ** 31 }, 'cluster_id: 2147483648 is not an id'],
    [{ cluster_id: 9999 }, 'Cluster not found'],
    [{ name: '' }, 'name: the text is too short'],
    [{ name: 'x'.repeat(101) }, 'name: the text is too long'],
    [{ name: 'a\0b' }, 'Invalid data: name holds the character NUL'],
    [{ name: '\ud800' }, 'Invalid data: name holds half a surrogate pair'],
    [{ hostname: '$(reboot)' }, "hostname: '$(reboot)' is not valid"],
    [{ labels: [] }, "labels: the list is not of type 'object'"],
    [{ meta: { interfaces: [7] } }, 'Interface in meta.interfaces must be dict'],
    [{ group_id: 0 }, 'group_id: 0 is not an id'],
  ])('refuses %j and changes nothing', async (wrong, message) => {
    const before = await make();
    const body = Array.isArray(wrong) || wrong === undefined ? wrong : { ...wrong, manufacturer: 'not stored' };
    expect(FuelApi.refusal(await api.put(`nodes/${before.id}`, body))).toEqual([400, message]);
    expect(await read(before.id)).toEqual(before);
  });

  it('is not found where there is none', async () => {
    for (const method of ['GET', 'PUT', 'DELETE']) {
      expect(FuelApi.refusal(await api.send(method, 'nodes/99999', { name: 'x' }))).toEqual([404, 'Node not found']);
    }
    expect(FuelApi.refusal(await api.post('nodes/99999', {}))[0]).toBe(405);
    expect(FuelApi.refusal(await api.get('nodes/agent'))[0]).toBe(404);
  });

  it('puts a node into a cluster with roles its release knows, and takes it out again', async () => {
    const [clusterId, other] = [await makeCluster('joined'), await makeCluster('other')];
    const { id } = await make();
    expect((await api.put(`nodes/${id}`, { roles: ['controller'] })).json()).toMatchObject({ roles: [] });
    expect(FuelApi.refusal(await api.put(`nodes/${id}`, { cluster: clusterId, pending_roles: ['nonsense'] }))).toEqual([
      400,
      'nonsense are not valid roles for node in Release of joined release',
    ]);
    expect((await read(id)).cluster).toBeNull();
    const joined = await api.put(`nodes/${id}`, {
      cluster_id: clusterId,
      roles: ['controller', 'controller'],
      pending_addition: true,
    });
    expect(joined.json()).toMatchObject({ cluster: clusterId, roles: ['controller'], pending_addition: true });
    expect(FuelApi.refusal(await api.put(`nodes/${id}`, { cluster: other }))).toEqual([
      400,
      'Changing cluster on the fly is not allowed',
    ]);
    expect((await api.put(`nodes/${id}`, { cluster: clusterId })).statusCode).toBe(200);
    const left = await api.put(`nodes/${id}`, { cluster: null });
    expect(left.json()).toMatchObject({ cluster: null, roles: [], pending_roles: [], pending_addition: false });
  });

  it('does not take a node from under a deployment', async () => {
    const node = await make();
    const change = { status: 'ready' };
    for (const status of ['pending', 'queued', 'running', 'waiting']) {
      await sql(`delete from jobs where target_id = $1`, [String(node.id)]);
      await work(node.id, status, 30);
      const refusal = [409, `Node '${node.name}' is being worked on. Wait for the task to end, or stop it`];
      expect(FuelApi.refusal(await api.put(`nodes/${node.id}`, change))).toEqual(refusal);
      expect(FuelApi.refusal(await api.put('nodes', [{ id: node.id, ...change }]))).toEqual(refusal);
      expect(FuelApi.refusal(await api.put(`nodes/${node.id}`, { pending_deletion: true }))).toEqual(refusal);
      expect(FuelApi.refusal(await api.delete(`nodes/${node.id}`))).toEqual(refusal);
      expect(FuelApi.refusal(await api.delete(`nodes?ids=${node.id}`))).toEqual(refusal);
    }
    const renamed = await api.put(`nodes/${node.id}`, { ...node, name: 'still renamed', progress: 77 });
    expect([renamed.statusCode, renamed.json()]).toEqual([200, { ...node, name: 'still renamed' }]);
    await sql(`update jobs set status = 'succeeded' where target_id = $1`, [String(node.id)]);
    expect((await api.put(`nodes/${node.id}`, change)).statusCode).toBe(200);
  });
});

describe('PUT /nodes', () => {
  it('changes several, known by id or address, in the order they come', async () => {
    const [one, two] = [await make(), await make()];
    const answer = await api.put('nodes/', [
      { mac: two.mac.toUpperCase(), name: 'two' },
      { id: one.id, mac: one.mac, name: 'one' },
    ]);
    expect(answer.statusCode).toBe(200);
    expect(answer.json<NodeAnswer[]>().map(({ id, name }) => [id, name])).toEqual([
      [two.id, 'two'],
      [one.id, 'one'],
    ]);
    expect((await api.put('nodes', [])).json()).toEqual([]);
  });

  it('changes all of them or none', async () => {
    const [one, two] = [await make(), await make()];
    const cases: [unknown, string][] = [
      [{ id: one.id }, 'Invalid json list'],
      [undefined, 'Empty request received'],
      [[{ manufacturer: 'x' }], 'Neither MAC nor ID is specified'],
      [[{ mac: null }], 'Null MAC is specified'],
      [[{ mac: 'x' }], 'Invalid MAC is specified'],
      [[{ mac: '52:54:00:ff:ff:ff' }], 'Invalid MAC is specified'],
      [[{ mac: one.mac, id: two.id }], 'Invalid MAC is specified'],
      [[{ id: 99999 }], 'Invalid ID specified'],
      [[{ id: 'x' }], 'Invalid ID specified'],
      [[{ id: null }], 'Invalid ID specified'],
      [[null], 'Invalid data: a JSON object is expected'],
      [[[one.id]], 'Invalid data: a JSON object is expected'],
      [[{ id: two.id, status: 'x' }], 'Invalid status for node'],
    ];
    for (const [body, message] of cases) {
      const whole = Array.isArray(body) ? [{ id: one.id, name: 'half' }, ...(body as unknown[])] : body;
      expect(FuelApi.refusal(await api.put('nodes', whole))).toEqual([400, message]);
    }
    expect([await read(one.id), await read(two.id)]).toEqual([one, two]);
  });

  it('takes no more than it can change at once', async () => {
    const many = Array.from({ length: 2001 }, (_, n) => ({ id: n + 1, name: 'x' }));
    expect(FuelApi.refusal(await api.put('nodes', many))).toEqual([400, 'At most 2000 nodes can be changed at once']);
    const ids = Array.from({ length: 9000 }, (_, n) => n + 100_000).join(',');
    expect(FuelApi.refusal(await api.delete(`nodes?ids=${ids}`))).toEqual([404, 'NodeCollection not found']);
  });

  it('two requests for the same nodes in opposite order both end', async () => {
    const [one, two] = [await make(), await make()];
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, n) => {
        const pair = [
          { id: one.id, name: `n${n}` },
          { id: two.id, name: `n${n}` },
        ];
        return api.put('nodes', n % 2 === 0 ? pair : pair.reverse());
      }),
    );
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(Array(12).fill(200));
    expect((await read(one.id)).name).toBe((await read(two.id)).name);
  });
});

describe('DELETE', () => {
  it('/nodes/{id} forgets a node once', async () => {
    const { id } = await make();
    const answer = await api.delete(`nodes/${id}/`);
    expect([answer.statusCode, answer.body]).toEqual([204, '']);
    expect(FuelApi.refusal(await api.delete(`nodes/${id}`))).toEqual([404, 'Node not found']);
  });

  it('/nodes?ids= forgets all of them or none', async () => {
    const [one, two] = [await make(), await make()];
    expect(FuelApi.refusal(await api.delete(`nodes/?ids=${one.id},99999`))).toEqual([404, 'NodeCollection not found']);
    for (const query of ['', '?ids=', '?ids=,', '?ids=a', `?ids=${one.id},b`, '?ids=-1']) {
      expect(FuelApi.refusal(await api.delete(`nodes${query}`))).toEqual([400, 'Provided id is not integer']);
    }
    expect((await api.get(`nodes/${one.id}`)).statusCode).toBe(200);
    const answer = await api.delete(`nodes/?ids=${one.id},%20${two.id},${one.id}`);
    expect([answer.statusCode, answer.json()]).toEqual([200, {}]);
    expect((await api.get(`nodes/${two.id}`)).statusCode).toBe(404);
  });

  it('takes an operator', async () => {
    const { id } = await make();
    const viewer = await api.as('viewer');
    for (const answer of [
      await viewer.delete(`nodes/${id}`),
      await viewer.delete(`nodes?ids=${id}`),
      await viewer.put(`nodes/${id}`, { name: 'x' }),
      await viewer.put('nodes', [{ id, name: 'x' }]),
    ]) {
      expect(FuelApi.refusal(answer)[0]).toBe(403);
    }
    expect((await viewer.get(`nodes/${id}`)).statusCode).toBe(200);
  });
});

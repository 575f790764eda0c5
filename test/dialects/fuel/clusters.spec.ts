import { type ClusterAnswer, Environments, refusal } from './environments.js';

let env: Environments;
let release: number;
beforeAll(async () => {
  env = await Environments.start();
});
afterAll(() => env.close());

describe('clusters', () => {
  it('are none at first, in every spelling of the path (case 5)', async () => {
    for (const path of ['/clusters', '/clusters/', '/api/clusters', '/api/v1/clusters/', '/api/clusters/']) {
      const answer = await env.api.get(path);
      expect([answer.statusCode, answer.json()]).toEqual([200, []]);
    }
    expect(await env.api.read('/api/nodes')).toEqual([]);
    release = await env.release('2014.1.1-5.1');
  });

  it('are created with every field (case 6) and read back (case 7)', async () => {
    const answer = await env.api.post('/api/clusters', { name: 'Yet another cluster', release });
    expect(answer.statusCode).toBe(201);
    expect(answer.json()).toEqual({
      id: expect.any(Number),
      name: 'Yet another cluster',
      mode: 'ha_compact',
      changes: [
        { name: 'attributes', node_id: null },
        { name: 'networks', node_id: null },
      ],
      status: 'new',
      grouping: 'roles',
      is_customized: false,
      net_provider: 'nova_network',
      release_id: release,
      fuel_version: '5.1.1',
      pending_release_id: null,
      is_locked: false,
    });
    const { id } = answer.json<ClusterAnswer>();
    expect(await env.api.read(`/api/clusters/${id}`)).toEqual(answer.json());
    expect(await env.api.read('clusters/')).toEqual([answer.json()]);
  });

  it('are created as python-fuelclient does it', async () => {
    const body = { nodes: [], tasks: [], name: 'from fuel', release_id: release, net_segment_type: 'vlan' };
    const answer = await env.api.post('clusters/', body);
    expect(answer.statusCode).toBe(201);
    expect(answer.json<ClusterAnswer>().release_id).toBe(release);
  });

  it('take nodes along, unless one is offline, gone or somebody’s', async () => {
    const [free, offline] = [await env.node(null, { status: 'discover' }), await env.node(null, { online: false })];
    const cluster = await env.cluster(release, { nodes: [free] });
    expect((await env.row(free)).cluster_id).toBe(cluster);
    expect((await env.get(cluster)).changes).toContainEqual({ name: 'disks', node_id: free });
    const before = await env.api.read('clusters');
    const make = (nodes: unknown) => env.api.post('clusters', { name: 'with nodes', release, nodes });
    expect(refusal(await make([offline]))).toEqual([400, `Cannot add offline node '${offline}' to environment`]);
    expect(refusal(await make([9999]))).toEqual([400, 'Nodes with ids 9999 were not found.']);
    expect(refusal(await make([free]))[0]).toBe(400);
    expect(await env.api.read('clusters')).toEqual(before);
  });

  it.each([
    ['no release (case 14)', { name: 'x' }, 400, 'Release ID is required'],
    ['an unknown release (case 14)', { name: 'x', release: 9999 }, 400, 'Invalid release ID'],
    ['a release that is no number', { name: 'x', release: '1' }, 400, 'Invalid release ID'],
    ['no name', { release: 1 }, 400, 'Environment name is required'],
    ['a name that is taken', { name: 'from fuel', release: 1 }, 409, 'Environment with this name already exists'],
    [
      'an unknown pending release',
      { name: 'x', release: 1, pending_release_id: 77 },
      404,
      "Object 'Release' with UID=77 is not found in DB",
    ],
  ])('are not created with %s', async (_what, body, status, message) => {
    const before = await env.api.read('clusters');
    expect(refusal(await env.api.post('clusters', body))).toEqual([status, message]);
    expect(await env.api.read('clusters')).toEqual(before);
  });

  it('take the modes of their release', async () => {
    const simple = await env.release('9-modes', [], { modes_metadata: { multinode: {} } });
    const make = (mode: string) => env.api.post('clusters', { name: `mode ${mode}`, release: simple, mode });
    expect(refusal(await make('ha_compact'))).toEqual([
      400,
      'Cannot deploy in ha_compact mode in current release. Need to be one of [multinode]',
    ]);
    expect((await make('multinode')).statusCode).toBe(201);
  });

  it('that are not there are 404, and what is not offered 405 (case 8)', async () => {
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const payload = method === 'PUT' ? { name: 'x' } : undefined;
      expect(refusal(await env.api.send(method, 'clusters/9999', payload))).toEqual([404, 'Cluster not found']);
      expect((await env.api.send(method, 'clusters/abc', payload)).statusCode).toBe(404);
      expect((await env.api.send(method, 'clusters/99999999999999999999', payload)).statusCode).toBe(404);
    }
    expect((await env.api.post('clusters/1', {})).statusCode).toBe(405);
    expect((await env.api.send('PATCH', 'clusters/1', {})).statusCode).toBe(405);
    for (const start of ['update', 'deploy', 'changes', 'provision', 'stop_deployment', 'reset']) {
      expect(refusal(await env.api.put(`clusters/9999/${start}`))).toEqual([404, 'Cluster not found']);
    }
  });
});

describe('changing a cluster', () => {
  let id: number;
  beforeAll(async () => {
    id = await env.cluster(release);
  });

  it('takes back exactly what was read (case 10)', async () => {
    const read = await env.get(id);
    const answer = await env.api.put(`clusters/${id}`, read);
    expect([answer.statusCode, answer.json()]).toEqual([200, read]);
  });

  it('changes what is given and nothing else', async () => {
    const before = await env.get(id);
    const change = {
      name: 'renamed',
      grouping: 'both',
      is_customized: true,
      mode: 'multinode',
      changes: [{ name: 'disks' }],
    };
    const answer = await env.api.put(`clusters/${id}/`, { ...change, fuel_version: '9', id: 12345, unheard_of: {} });
    expect(answer.json()).toEqual({ ...before, ...change, changes: [{ name: 'disks', node_id: null }] });
    expect(await env.get(id)).toEqual(answer.json());
  });

  it('lets any status follow any other, and no unknown one (case 15)', async () => {
    for (const status of ['update', 'new', 'remove', 'operational', 'update_error', 'stopped', 'error', 'deployment']) {
      expect((await env.api.put(`clusters/${id}`, { status })).json<ClusterAnswer>().status).toBe(status);
    }
    expect(refusal(await env.api.put(`clusters/${id}`, { status: 'running' }))).toEqual([
      400,
      "status: 'running' is not one of ['new', 'deployment', 'stopped', 'operational', 'error', 'remove', 'update', 'update_error']",
    ]);
    expect((await env.get(id)).status).toBe('deployment');
  });

  it.each([
    [
      'another net_provider (case 9)',
      { net_provider: 'neutron' },
      400,
      "Changing 'net_provider' for environment is prohibited",
    ],
    ['a name another has', { name: 'from fuel' }, 409, 'Environment with this name already exists'],
    ['an unknown release', { release_id: 9999 }, 400, 'Invalid release ID'],
    [
      'an unknown pending release (case 14)',
      { pending_release_id: 9999 },
      404,
      "Object 'Release' with UID=9999 is not found in DB",
    ],
    ['an unknown node', { nodes: [9999] }, 400, 'Nodes with ids 9999 were not found.'],
  ])('refuses %s and changes nothing', async (_what, body, status, message) => {
    const before = await env.get(id);
    const answer = await env.api.put(`clusters/${id}`, { is_customized: false, ...body });
    expect(refusal(answer)).toEqual([status, message]);
    expect(await env.get(id)).toEqual(before);
  });

  it('replaces its nodes', async () => {
    const [one, two, three] = [await env.node(id), await env.node(id), await env.node(null)];
    await env.api.put(`clusters/${id}`, { nodes: [two, three] });
    expect([
      (await env.row(one)).cluster_id,
      (await env.row(two)).cluster_id,
      (await env.row(three)).cluster_id,
    ]).toEqual([null, id, id]);
    const offline = await env.node(null, { online: false });
    expect(refusal(await env.api.put(`clusters/${id}`, { nodes: [offline] }))[0]).toBe(400);
    expect((await env.row(two)).cluster_id).toBe(id);
  });

  it('leaves an audit record', async () => {
    await env.api.put(`clusters/${id}`, { name: 'audited' });
    const [event] = await env.api.sql.query<Record<string, unknown>[]>(
      `select user_name, action, object_id, before, after from audit_events where object_type = 'cluster' order by id desc limit 1`,
    );
    expect(event).toEqual({
      user_name: 'admin',
      action: 'update',
      object_id: String(id),
      before: { name: 'renamed' },
      after: { name: 'audited' },
    });
  });
});

describe('the pending release', () => {
  it.each([
    ['the same release again (case 11)', '1', [], {}, 200],
    ['up (case 12)', '2', ['1'], {}, 200],
    ['versions that have nothing to do with each other (case 13)', '3', ['0'], {}, 400],
    [
      'another operating system, though the version is listed (case 13)',
      '2',
      ['1'],
      { operating_system: 'CentOS' },
      400,
    ],
  ] as const)('%s', async (_what, version, from, more, status) => {
    const current = await env.release('1');
    const pending = version === '1' ? current : await env.release(version, from, more);
    const id = await env.cluster(current);
    const answer = await env.api.put(`clusters/${id}`, { pending_release_id: pending });
    expect(answer.statusCode).toBe(status);
    if (status === 400)
      expect(refusal(answer)[1]).toBe('Cannot set pending release as it cannot update current release');
    expect((await env.get(id)).pending_release_id).toBe(status === 200 ? pending : null);
  });

  it('may be lower (case 12), and null clears it', async () => {
    const { old, next } = await env.pair();
    const id = await env.cluster(next);
    expect((await env.api.put(`clusters/${id}`, { pending_release_id: old })).statusCode).toBe(200);
    expect(
      (await env.api.put(`clusters/${id}`, { pending_release_id: null })).json<ClusterAnswer>().pending_release_id,
    ).toBe(null);
  });

  it('comes with the status, both echoed (case 15); set again it is not set anew', async () => {
    const { cluster, next } = await env.pair();
    const answer = await env.api.put(`/clusters/${cluster}`, { status: 'update', pending_release_id: next });
    expect(answer.json()).toMatchObject({ id: cluster, status: 'update', pending_release_id: next });
    const setAt = () => env.api.sql.query('select pending_set_at from clusters where id = $1', [cluster]);
    const first = await setAt();
    await env.api.put(`/clusters/${cluster}`, { status: 'update', pending_release_id: next });
    expect(await setAt()).toEqual(first);
  });

  it('is judged by the release of the same request', async () => {
    const { cluster, next } = await env.pair();
    const other = await env.release('elsewhere');
    const answer = await env.api.put(`clusters/${cluster}`, { release: other, pending_release_id: next });
    expect(answer.statusCode).toBe(400);
  });
});

describe('a viewer', () => {
  it('sees and changes nothing', async () => {
    const viewer = await env.api.as('viewer');
    const { cluster } = await env.pair();
    expect((await viewer.get(`clusters/${cluster}`)).statusCode).toBe(200);
    for (const [method, path] of [
      ['PUT', `clusters/${cluster}`],
      ['DELETE', `clusters/${cluster}`],
      ['POST', 'clusters'],
      ['PUT', `clusters/${cluster}/update`],
      ['PUT', `clusters/${cluster}/deploy?nodes=1`],
      ['POST', `clusters/${cluster}/assignment`],
      ['DELETE', 'tasks/1'],
    ] as const) {
      expect([path, (await viewer.send(method, path, {})).statusCode]).toEqual([path, 403]);
    }
    expect((await env.api.send('GET', 'clusters', undefined, { 'x-auth-token': 'wrong' })).statusCode).toBe(401);
  });
});

const UGLY = [
  '\u0000',
  '\ud800',
  'é'.repeat(5000),
  -1,
  0,
  1.5,
  1e308,
  2 ** 63,
  true,
  null,
  [],
  {},
  [[]],
  [null],
  { a: 1 },
  '',
];

describe('ugly input', () => {
  it('is refused or ignored, never a 5xx', async () => {
    const { cluster } = await env.pair();
    const fields = [
      'name',
      'status',
      'mode',
      'grouping',
      'is_customized',
      'net_provider',
      'net_segment_type',
      'release',
      'release_id',
      'pending_release_id',
      'nodes',
      'changes',
    ];
    for (const field of fields) {
      for (const value of UGLY) {
        for (const send of [
          env.api.put(`clusters/${cluster}`, { [field]: value }),
          env.api.post('clusters', { name: `u${field}`, release, [field]: value }),
        ]) {
          const { statusCode, body } = await send;
          expect([field, value, statusCode < 500 ? 'ok' : body]).toEqual([field, value, 'ok']);
        }
      }
    }
  });

  it('as a body is 400 in the shape of Fuel’s errors', async () => {
    const { cluster } = await env.pair();
    const deep = `${'{"a":'.repeat(3000)}1${'}'.repeat(3000)}`;
    for (const path of [`clusters/${cluster}`, `clusters/${cluster}/attributes`]) {
      for (const body of ['', 'nonsense', '[]', '"text"', 'null', '12', deep]) {
        expect([body.slice(0, 20), refusal(await env.api.put(path, body))[0]]).toEqual([body.slice(0, 20), 400]);
      }
    }
    expect(refusal(await env.api.put(`clusters/${cluster}`, ''))[1]).toBe('Empty request received');
    expect(refusal(await env.api.put(`clusters/${cluster}`, '{'))[1]).toBe('Invalid json received');
  });

  it('in lists of nodes and in queries is no 5xx either', async () => {
    const { cluster } = await env.pair();
    for (const value of UGLY) {
      for (const body of [
        value,
        [value],
        [{ id: value }],
        [{ id: value, roles: value }],
        [{ id: 1, roles: [value] }],
      ]) {
        for (const end of ['assignment', 'unassignment']) {
          const { statusCode } = await env.api.post(`clusters/${cluster}/${end}`, JSON.stringify(body));
          expect(statusCode).toBeGreaterThanOrEqual(400);
          expect(statusCode).toBeLessThan(500);
        }
      }
      for (const end of ['deploy', 'provision']) {
        const { statusCode } = await env.api.put(
          `clusters/${cluster}/${end}?nodes=${encodeURIComponent(
            String(value)
              .replace(/\p{Surrogate}/gu, '?')
              .slice(0, 500),
          )}`,
        );
        expect(statusCode).toBeGreaterThanOrEqual(400);
        expect(statusCode).toBeLessThan(500);
      }
      expect((await env.api.put(`clusters/${cluster}/attributes`, { editable: value })).statusCode).toBeLessThan(500);
      expect((await env.api.put(`clusters/${cluster}/deploy_tasks`, JSON.stringify([value]))).statusCode).toBe(400);
    }
  });
});

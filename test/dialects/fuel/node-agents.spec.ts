import { FuelApi, nodeBody } from './fuel-api.js';

interface NodeAnswer {
  readonly id: number;
  readonly mac: string;
  readonly status: string;
  readonly online: boolean;
  readonly meta: Record<string, unknown>;
}

let api: FuelApi;
let next = 0;
beforeAll(async () => {
  api = await FuelApi.start();
});
afterAll(() => api.close());

const make = (more: Record<string, unknown> = {}) => api.create<NodeAnswer>('nodes', nodeBody((next += 1), more));
const read = (id: number) => api.read<NodeAnswer>(`nodes/${id}`);
const report = (payload: unknown, headers: Record<string, string> = {}) =>
  api.app.inject({ method: 'PUT', url: '/api/nodes/agent', payload, headers });

async function cluster(name: string): Promise<number> {
  const release = await api.create('releases', {
    name,
    version: '1',
    operating_system: 'Ubuntu',
    roles: ['controller'],
  });
  const [row] = await api.sql.query<[{ id: number }]>(
    `with made as (insert into clusters (name, fuel_version, release_id) values ($1, '5.1.1', $2) returning id) select id from made`,
    [name, release.id],
  );
  return row.id;
}

describe('PUT /nodes/agent', () => {
  it('takes a report without a token, by address or id, and marks the node online', async () => {
    const node = await make();
    await api.put(`nodes/${node.id}`, { online: false });
    const said = {
      manufacturer: 'Dell',
      platform_name: 'R720',
      os_platform: 'ubuntu',
      ip: '10.20.0.9',
      meta: { interfaces: [] },
    };
    const answer = await report({ mac: node.mac.toUpperCase(), ...said });
    expect([answer.statusCode, answer.json()]).toEqual([200, { id: node.id }]);
    expect(await read(node.id)).toEqual({ ...node, ...said, online: true });
    expect((await report({ id: node.id, manufacturer: 'HP' })).json()).toEqual({ id: node.id });
    expect(await read(node.id)).toMatchObject({ manufacturer: 'HP', ip: '10.20.0.9' });
  });

  it('says so when the report is the one it has, and still marks the node online', async () => {
    const { id, mac } = await make();
    expect((await report({ mac, agent_checksum: 'abc', manufacturer: 'A' })).json()).toEqual({ id });
    await api.put(`nodes/${id}`, { online: false });
    expect((await report({ mac, agent_checksum: 'abc', manufacturer: 'B' })).json()).toEqual({ id, cached: true });
    expect(await read(id)).toMatchObject({ manufacturer: 'A', online: true });
    expect((await report({ mac, agent_checksum: 'def', manufacturer: 'B' })).json()).toEqual({ id });
    expect(await read(id)).toMatchObject({ manufacturer: 'B' });
  });

  it('keeps disks an agent can no longer see', async () => {
    const { id, mac } = await make({ meta: { interfaces: [], disks: [{ size: 7 }] } });
    await report({ mac, meta: { interfaces: [], disks: [], cpu: { total: 2 } } });
    expect((await read(id)).meta).toEqual({ interfaces: [], disks: [{ size: 7 }], cpu: { total: 2 } });
    await report({ mac, meta: { interfaces: [], disks: [{ size: 8 }] } });
    expect((await read(id)).meta).toEqual({ interfaces: [], disks: [{ size: 8 }] });
  });

  it('never turns a node that is provisioned, or failed, back to discover', async () => {
    const { id, mac } = await make();
    for (const status of ['provisioning', 'error']) {
      await api.put(`nodes/${id}`, { status });
      for (const headers of [{}, { 'x-auth-token': api.app.adminToken }]) {
        expect((await report({ mac, status: 'discover' }, headers as Record<string, string>)).statusCode).toBe(200);
        expect((await read(id)).status).toBe(status);
      }
    }
    await api.put(`nodes/${id}`, { status: 'provisioned' });
    await report({ mac, status: 'discover' });
    expect((await read(id)).status).toBe('discover');
  });

  it('is not believed about a node of a cluster, nor about anything an operator decides', async () => {
    const { id, mac } = await make({ cluster: await cluster('theirs'), pending_roles: ['controller'] });
    await api.put(`nodes/${id}`, { status: 'ready', progress: 100 });
    const before = await read(id);
    for (const wish of [
      { status: 'discover' },
      {
        status: 'ready',
        progress: 0,
        roles: [],
        pending_roles: [],
        cluster: null,
        cluster_id: null,
        pending_deletion: true,
      },
      {
        name: 'mine',
        hostname: 'mine',
        labels: { a: 1 },
        error_type: 'deploy',
        kernel_params: 'init=/bin/sh',
        fqdn: 'x.y',
      },
    ]) {
      expect((await report({ mac, ...wish })).statusCode).toBe(200);
      expect(await read(id)).toEqual(before);
    }
    const refused = await report({ mac, slipway: { driver: 'simulated' } });
    expect(FuelApi.refusal(refused)[0]).toBe(403);
    expect(await read(id)).toEqual(before);
  });

  it('does not lead a password to another address', async () => {
    const { id, mac } = await make({ ip: '10.0.0.1', slipway: { ssh: { password: 'p' } } });
    const ip = async () => (await api.read<{ ip: string }>(`nodes/${id}`)).ip;
    await report({ mac, ip: '10.6.6.6' });
    expect(await ip()).toBe('10.0.0.1');
    await report({ mac, ip: '10.0.0.2' }, { 'x-auth-token': api.app.adminToken });
    expect(await ip()).toBe('10.0.0.2');
    await api.put(`nodes/${id}`, { slipway: { ssh: { host_key: `SHA256:${'A'.repeat(43)}` } } });
    await report({ mac, ip: '10.0.0.3' });
    expect(await ip()).toBe('10.0.0.3');
    await api.put(`nodes/${id}`, { slipway: { ssh: { host_key_policy: 'off' } } });
    await report({ mac, ip: '10.6.6.6' });
    expect(await ip()).toBe('10.0.0.3');
  });

  it('leaves the status of a node alone that is worked on', async () => {
    const { id, mac } = await make();
    await api.put(`nodes/${id}`, { status: 'deploying' });
    await api.sql.query(
      `with b as (
         insert into batches (id, kind, mode, status, on_failure, request, jobs_total, created_by_name)
         values (gen_random_uuid(), 'fuel', 'parallel', 'running', 'stop', '{}', 1, 'test') returning id)
       insert into jobs (batch_id, wave, position, kind, target_kind, target_id, label, status, steps, input)
       select id, 0, 0, 'fuel', 'node', $1, 'n', 'running', '[]', '{}' from b`,
      [String(id)],
    );
    const answer = await report({ mac, status: 'discover', manufacturer: 'seen' });
    expect([answer.statusCode, await read(id)]).toEqual([
      200,
      expect.objectContaining({ status: 'deploying', manufacturer: 'seen' }),
    ]);
  });

  it.each([
    [undefined, 400, 'Empty request received'],
    [[], 400, 'Invalid data: a JSON object is expected'],
    [{}, 400, 'Neither MAC nor ID is specified'],
    [{ manufacturer: 'x' }, 400, 'Neither MAC nor ID is specified'],
    [{ mac: '52:54:00:ff:ff:ff' }, 400, 'Invalid MAC is specified'],
    [{ mac: 'nonsense' }, 400, 'Invalid MAC is specified'],
    [{ mac: {} }, 400, 'Invalid MAC is specified'],
    [{ id: 99999 }, 400, 'Invalid ID specified'],
    [{ id: 'x' }, 400, 'Invalid ID specified'],
    [{ id: 2 ** 40 }, 400, 'Invalid ID specified'],
    [{ id: [1] }, 400, 'Invalid ID specified'],
  ])('refuses %j with %i', async (payload, status, message) => {
    expect(FuelApi.refusal(await report(payload))).toEqual([status, message]);
  });

  it('refuses what it cannot read about a known node, and changes nothing', async () => {
    const node = await make();
    await api.put(`nodes/${node.id}`, { online: false });
    const before = await read(node.id);
    const cases: [object, string][] = [
      [{ status: 'nonsense' }, 'Invalid status for node'],
      [{ meta: [] }, "Invalid data: 'meta' should be dict"],
      [{ meta: { interfaces: 'x' } }, 'Meta.interfaces should be list'],
      [{ ip: 'x' }, "ip: 'x' is not an IP address"],
      [{ manufacturer: 7 }, "manufacturer: 7 is not of type 'string'"],
    ];
    for (const [wrong, message] of cases) {
      expect(FuelApi.refusal(await report({ mac: node.mac, manufacturer: 'x', ...wrong }))).toEqual([400, message]);
    }
    expect(await read(node.id)).toEqual(before);
  });

  it('finds no node that is known by another interface only', async () => {
    const { mac } = await make();
    const answer = await report({ mac: '52:54:00:ff:ff:fe', meta: { interfaces: [{ name: 'eth1', mac }] } });
    expect(FuelApi.refusal(answer)).toEqual([404, 'Node not found']);
  });

  it('writes down what a report changed, and nothing for one that says what was known', async () => {
    const { id, mac } = await make();
    for (let time = 0; time < 3; time += 1) await report({ mac, manufacturer: 'same' });
    const rows = await api.sql.query<{ action: string; user_name: string; source: string; after: object }[]>(
      `select action, user_name, source, after from audit_events
       where object_type = 'node' and object_id = $1 and action <> 'create' order by id`,
      [String(id)],
    );
    expect(rows).toEqual([
      { action: 'report', user_name: 'anonymous', source: 'public', after: { manufacturer: 'same' } },
    ]);
  });

  it('many reports of one node at once all count', async () => {
    const { id, mac } = await make();
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => report({ mac, manufacturer: `m${n}` })));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(Array(20).fill(200));
    expect((await read(id)) as unknown).toMatchObject({ manufacturer: expect.stringMatching(/^m\d+$/) });
  });
});

describe('how a node is reached', () => {
  const KEY = '-----BEGIN OPENSSH PRIVATE KEY-----\nkey-in-clear\n-----END OPENSSH PRIVATE KEY-----';
  const slipway = {
    driver: 'ssh',
    ssh: {
      port: 2222,
      username: 'deploy',
      password: 'pass-in-clear',
      private_key: KEY,
      passphrase: 'phrase-in-clear',
      host_key: `SHA256:${'b'.repeat(43)}`,
      host_key_policy: 'strict',
    },
    simulation: {},
  };

  it('takes secrets and never gives them out', async () => {
    const created = await api.post('nodes', nodeBody((next += 1), { slipway }));
    const { id } = created.json<NodeAnswer>();
    const updated = await api.put(`nodes/${id}`, { slipway: { ssh: { password: 'other-in-clear' } } });
    const answers = [
      created,
      updated,
      await api.get(`nodes/${id}`),
      await api.get('nodes'),
      await api.put('nodes', [{ id, name: 'x' }]),
    ];
    expect(created.json()['slipway']).toEqual({
      driver: 'ssh',
      ssh: {
        port: 2222,
        username: 'deploy',
        has_password: true,
        has_private_key: true,
        has_passphrase: true,
        host_key: `SHA256:${'b'.repeat(43)}`,
        host_key_policy: 'strict',
      },
      simulation: {},
    });
    const [row] = await api.sql.query<Record<string, string>[]>('select * from nodes where id = $1', [id]);
    expect([row?.['ssh_password_encrypted'], row?.['ssh_key_encrypted'], row?.['ssh_passphrase_encrypted']]).toEqual(
      Array(3).fill(expect.stringMatching(/^v1:/)),
    );
    const audit = await api.sql.query<unknown[]>(`select * from audit_events where object_id = $1`, [String(id)]);
    const everything = JSON.stringify([row, audit]) + answers.map(({ body }) => body).join();
    expect(everything).not.toContain('in-clear');
    expect(JSON.stringify(audit) + answers.map(({ body }) => body).join()).not.toContain('v1:');
  });

  it('leaves what is absent, and forgets what is null or blank', async () => {
    const { id } = await make({ slipway });
    const ssh = async (change: object) =>
      (await api.put(`nodes/${id}`, { slipway: { ssh: change } })).json<{ slipway: { ssh: object } }>().slipway.ssh;
    expect(await ssh({ port: 22 })).toMatchObject({ port: 22, has_password: true, has_private_key: true });
    expect(await ssh({ password: null, passphrase: '' })).toMatchObject({ has_password: false, has_passphrase: false });
    expect(await ssh({ private_key: '', username: '', host_key: '' })).toMatchObject({
      has_private_key: false,
      username: null,
      host_key: null,
    });
  });

  it('simulated nodes have a behaviour', async () => {
    const { id } = await make();
    const wish = { driver: 'simulated', simulation: { tick_ms: 5, fail: 'deploy' } };
    expect((await api.put(`nodes/${id}`, { slipway: wish })).json()).toMatchObject({ slipway: wish });
  });

  it.each([
    [[]],
    ['ssh'],
    [null],
    [{ driver: 'telnet' }],
    [{ ssh: [] }],
    [{ ssh: null }],
    [{ simulation: [] }],
    [{ ssh: { port: 0 } }],
    [{ ssh: { port: '22' } }],
    [{ ssh: { username: 'a\nb' } }],
    [{ ssh: { password: { in: 'clear' } } }],
    [{ ssh: { private_key: 'wrong-in-clear' } }],
    [{ ssh: { passphrase: 7 } }],
    [{ ssh: { host_key: 'SHA256:short' } }],
    [{ ssh: { host_key_policy: 'never' } }],
  ])('refuses %j without quoting a secret', async (wrong) => {
    const node = await make({ slipway });
    const answer = await api.put(`nodes/${node.id}`, { name: 'not stored', slipway: wrong });
    expect(FuelApi.refusal(answer)[0]).toBe(400);
    expect(answer.body).not.toContain('clear');
    expect(await read(node.id)).toEqual(node);
  });
});

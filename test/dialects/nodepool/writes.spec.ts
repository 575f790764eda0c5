import { HeldRequests } from '../../../src/nodepool/api/held-requests.js';
import { type Pool, startPool, until } from './pool.js';
import { addDib, addImage, addNode } from './rows.js';

const YAML = `
labels: [{name: fake-label, image: fake-image, min-ready: 0, providers: [{name: fake-provider}]}]
providers:
  - name: fake-provider
    driver: fake
    max-servers: 4
    images:
      - {name: fake-image, base-image: Fake Precise, setup: setup.sh, private-key: /nowhere}
      - {name: fake-dib-image, diskimage: fake-dib-image}
      - {name: other-name, diskimage: ubuntu-14.04}
      - {name: bare}
  - name: second
    driver: fake
    max-servers: 1
    images: [{name: fake-dib-image, diskimage: fake-dib-image}]
diskimages:
  - {name: fake-dib-image, elements: [vm]}
  - {name: ubuntu-14.04, elements: [vm]}
  - {name: unused, elements: [vm]}
targets: [{name: fake-target}]
max-hold-age: 1000
`;

let pool: Pool;

beforeAll(async () => {
  pool = await startPool({ yaml: YAML, config: { nodepoolBuildWait: 0 } });
});
afterAll(() => pool.close());

type Row = Record<string, unknown>;
const node = (id: number) => pool.get<Row>(`/v1/nodes/${id}`);
const put = (id: number, fields: Record<string, string>) => pool.form('PUT', `/v1/nodes/${id}`, fields);
const query = (sql: string, parameters: unknown[]) => pool.app.database.dataSource.query<Row[]>(sql, parameters);
const deletionsOf = (kind: string, id: number) =>
  query(`select j.id from jobs j where j.target_kind = $1 and j.target_id = $2`, [kind, String(id)]);
const errorOf = (answer: { statusCode: number; json(): Row }) => [answer.statusCode, answer.json()['description']];

describe('holding a node', () => {
  it('keeps it with a reason, an end and who asked, and letting it go forgets them', async () => {
    const id = await addNode(pool.app.database);
    const now = Math.floor(Date.now() / 1000);
    expect((await put(id, { state: 'hold', reason: 'look at «it»', ttl: '60' })).statusCode).toBe(200);
    const held = await node(id);
    expect(held).toMatchObject({ _state: 5, state: 'hold', comment: 'look at «it»', hold_by: 'nodepool' });
    expect(Number(held['hold_expiration']) - now).toBeGreaterThanOrEqual(59);
    expect(Number(held['hold_expiration']) - now).toBeLessThan(400);
    expect((await put(id, { state: 'ready' })).body).toBe('null');
    expect(await node(id)).toMatchObject({ _state: 2, comment: null, hold_by: null, hold_expiration: null });
  });

  it('ends with the pool limit when that is earlier, also without an end of its own', async () => {
    for (const ttl of ['0', '', '5000']) {
      const id = await addNode(pool.app.database);
      await put(id, { state: 'hold', ttl });
      const held = await node(id);
      expect(Number(held['hold_expiration']) - Number(held['state_time'])).toBe(1000);
    }
  });

  it('again keeps its time, and takes a new reason or end only when they are given', async () => {
    const stateTime = new Date(Date.now() - 500_000);
    const id = await addNode(pool.app.database, { state: 5, comment: 'mine', holdBy: 'mia', stateTime });
    const before = await node(id);
    expect((await put(id, { state: 'hold' })).statusCode).toBe(200);
    expect(await node(id)).toMatchObject({ state_time: before['state_time'], comment: 'mine', hold_by: 'mia' });
    await put(id, { state: 'hold', reason: 'ours', ttl: '100' });
    const after = await node(id);
    expect(after).toMatchObject({ state_time: before['state_time'], comment: 'ours', hold_by: 'mia' });
    expect(after['hold_expiration']).not.toBe(before['hold_expiration']);
  });

  it.each([1, 3, 6] as const)('works from state %i', async (state) => {
    const id = await addNode(pool.app.database, { state });
    expect((await put(id, { state: 'hold' })).statusCode).toBe(200);
    expect((await node(id))['_state']).toBe(5);
  });

  it('that is still launched is let go to its launch', async () => {
    const id = await addNode(pool.app.database, { state: 1 });
    await put(id, { state: 'hold' });
    await put(id, { state: 'ready' });
    expect((await node(id))['_state']).toBe(1);
  });

  it('that is being deleted is a conflict, and it stays so', async () => {
    const id = await addNode(pool.app.database, { state: 4 });
    const before = await node(id);
    expect(errorOf(await put(id, { state: 'hold' }))).toEqual([409, 'Node is being deleted']);
    expect(await node(id)).toMatchObject({ _state: 4, state_time: before['state_time'] });
  });

  it.each([1, 2, 3, 4, 6] as const)('is needed to make a node in state %i ready', async (state) => {
    const id = await addNode(pool.app.database, { state });
    expect(errorOf(await put(id, { state: 'ready' }))).toEqual([
      400,
      "State 'ready' can only be set on nodes in 'hold' state",
    ]);
    expect((await node(id))['_state']).toBe(state);
  });

  it('against a deletion has one winner, and the node goes in the end', async () => {
    for (let round = 0; round < 10; round += 1) {
      const id = await addNode(pool.app.database);
      const [held, deleted] = await Promise.all([put(id, { state: 'hold' }), pool.as('DELETE', `/v1/nodes/${id}`)]);
      expect([200, 409]).toContain(held.statusCode);
      expect(deleted.statusCode).toBe(204);
      expect((await node(id))['_state']).toBe(4);
    }
  });
});

describe('deleting', () => {
  it('answers nothing at all, at once, and leaves the rest to one job', async () => {
    const kinds = [
      ['nodes', 'pool-node', await addNode(pool.app.database)],
      ['images', 'provider-image', await addImage(pool.app.database)],
      ['dib_images', 'dib-image', await addDib(pool.app.database)],
    ] as const;
    for (const [path, kind, id] of kinds) {
      const answer = await pool.as('DELETE', `/v1/${path}/${id}`);
      expect([answer.statusCode, answer.body, answer.headers['content-type']]).toEqual([204, '', undefined]);
      expect(await pool.get(`/v1/${path}/${id}`)).toMatchObject({ _state: 4, state: 'delete' });
      expect((await pool.as('DELETE', `/v1/${path}/${id}`)).statusCode).toBe(204);
      expect(await deletionsOf(kind, id)).toHaveLength(1);
    }
  });

  it('works for what the config no longer names', async () => {
    const image = await addImage(pool.app.database, { providerName: 'gone', imageName: 'gone' });
    const dib = await addDib(pool.app.database, { imageName: 'gone' });
    const gone = await addNode(pool.app.database, { providerName: 'gone', labelName: 'gone' });
    for (const url of [`/v1/images/${image}`, `/v1/dib_images/${dib}`, `/v1/nodes/${gone}`]) {
      expect((await pool.as('DELETE', url)).statusCode).toBe(204);
      expect(await pool.get(url)).toMatchObject({ state: 'delete' });
    }
  });

  it.each([
    ['nodes', 'pool-node', addNode],
    ['images', 'provider-image', addImage],
    ['dib_images', 'dib-image', addDib],
  ] as const)('%s twenty times at once is one wish', async (path, kind, add) => {
    const id = await add(pool.app.database);
    const answers = await Promise.all(Array.from({ length: 20 }, () => pool.as('DELETE', `/v1/${path}/${id}`)));
    for (const { statusCode } of answers) expect([204, 404]).toContain(statusCode);
    expect(await deletionsOf(kind, id)).toHaveLength(1);
    const audit = await query(`select id from audit_events where object_type = $1 and object_id = $2`, [
      kind,
      String(id),
    ]);
    expect(audit).toHaveLength(1);
  });

  it('never gives an id out again', async () => {
    const id = await addNode(pool.app.database);
    await query('delete from pool_nodes where id = $1', [id]);
    expect(await addNode(pool.app.database)).toBeGreaterThan(id);
  });
});

describe('updating an image', () => {
  const update = (ref: string | number, fields: Record<string, string>) =>
    pool.form('POST', `/v1/images/${ref}/update`, fields);

  it('checks the provider, then the image', async () => {
    expect(errorOf(await update('nope', {}))).toEqual([400, "Request body parameter 'provider_name' missing"]);
    expect(errorOf(await update('nope', { provider_name: '' }))).toEqual([400, expect.stringContaining('missing')]);
    expect(errorOf(await update('nope', { provider_name: 'nope' }))).toEqual([404, 'Provider name not found']);
    for (const ref of ['nope', '999999', 'a%2Fb', 'x%00', '9223372036854775808']) {
      expect(errorOf(await update(ref, { provider_name: 'fake-provider' }))).toEqual([404, 'Image name not found']);
    }
    const json = await pool.as('POST', '/v1/images/fake-image/update', {
      payload: { provider_name: ['fake-provider'] },
    });
    expect(errorOf(json)).toEqual([400, "Request body parameter 'provider_name' not permitted"]);
  });

  it('makes a new row at once, by name and by the id of another', async () => {
    const existing = await addImage(pool.app.database, { providerName: 'elsewhere' });
    for (const ref of ['fake-image', existing]) {
      const before = await pool.get<Row[]>('/v1/images?provider=fake-provider&image=fake-image&state=building');
      const answer = await update(ref, { provider_name: 'fake-provider' });
      expect([answer.statusCode, answer.body]).toEqual([201, 'null']);
      const rows = await pool.get<Row[]>('/v1/images?provider=fake-provider&image=fake-image&state=building');
      expect(rows.length).toBeGreaterThanOrEqual(Math.max(1, before.length));
      expect(rows[0]).toMatchObject({ _state: 1, version: null });
    }
  });

  it('of what nobody makes is a conflict', async () => {
    const answer = await update('bare', { provider_name: 'fake-provider' });
    expect(answer.statusCode).toBe(409);
    expect(answer.json()['description']).toMatch(/setup|diskimage/);
    expect(await pool.get<Row[]>('/v1/images?image=bare')).toEqual([]);
  });
});

describe('building and uploading', () => {
  const upload = (name: string, provider: string) =>
    pool.form('POST', `/v1/dib_images/${name}/upload`, { provider_name: provider });

  it('checks the provider, then the disk image, then what the provider takes, then whether one was built', async () => {
    expect(errorOf(await pool.form('POST', '/v1/dib_images/nope/upload', {}))).toEqual([
      400,
      "Request body parameter 'provider_name' missing",
    ]);
    expect(errorOf(await upload('nope', 'nope'))).toEqual([404, 'Provider name not found']);
    expect(errorOf(await upload('nope', 'second'))).toEqual([404, 'Dib image name not found']);
    expect(errorOf(await upload('ubuntu-14.04', 'second'))).toEqual([404, 'Image name not found']);
    expect(errorOf(await upload('unused', 'all'))).toEqual([404, 'Image name not found']);
    const none = [409, 'No image available for that upload. Please build one first.'];
    expect(errorOf(await upload('ubuntu-14.04', 'fake-provider'))).toEqual(none);
    expect(await pool.get<Row[]>('/v1/images?image=other-name')).toEqual([]);
  });

  it('of an unknown name is a 404', async () => {
    for (const name of ['nope', '1', 'fake-image', 'x%00', '%F0%9F%8C%88', 'toString']) {
      expect(errorOf(await pool.as('POST', `/v1/dib_images/${name}/build`))).toEqual([404, 'Dib image name not found']);
    }
  });

  it('takes names with dots, and four builds at once are one', async () => {
    const answers = await Promise.all([1, 2, 3, 4].map(() => pool.as('POST', '/v1/dib_images/ubuntu-14.04/build')));
    for (const { statusCode, body } of answers) expect([statusCode, body]).toEqual([201, 'null']);
    const rows = await pool.get<Row[]>('/v1/dib_images?image=ubuntu-14.04');
    expect(rows).toMatchObject([{ _state: 1, version: null, image_name: 'ubuntu-14.04' }]);
    expect(rows[0]?.['filename']).toMatch(/\/ubuntu-14\.04-\d+$/);
    const queued = await upload('ubuntu-14.04', 'fake-provider');
    expect([queued.statusCode, queued.body]).toEqual([201, 'null']);
    expect(await pool.get<Row[]>('/v1/images?image=other-name')).toMatchObject([{ _state: 1 }]);
  });

  it('goes to all providers that take it', async () => {
    await addDib(pool.app.database, { version: 1, formats: ['qcow2'] });
    expect((await upload('fake-dib-image', 'all')).statusCode).toBe(201);
    const rows = await pool.get<Row[]>('/v1/images?image=fake-dib-image');
    expect(rows.map((row) => row['provider_name'])).toEqual(['fake-provider', 'second']);
  });
});

describe('a build request', () => {
  let waiting: Pool;
  beforeAll(async () => {
    waiting = await startPool({ yaml: YAML, config: { nodepoolBuildWait: 600 } });
  });
  afterAll(() => waiting.close());
  const endBatches = () =>
    waiting.app.database.dataSource.query(`update batches set status = 'cancelled', finished_at = now()`);

  it('is held until the build has ended', async () => {
    const asked = waiting.as('POST', '/v1/dib_images/fake-dib-image/build');
    const first = await Promise.race([
      asked.then(() => 'answered'),
      until('there is a build', async () => {
        const rows = await waiting.get<Row[]>('/v1/dib_images');
        return rows.length === 1 ? 'building' : null;
      }),
    ]);
    expect(first).toBe('building');
    await endBatches();
    expect((await asked).statusCode).toBe(201);
  });

  it('is not, when it prefers so', async () => {
    for (const prefer of ['respond-async', 'wait=10, Respond-Async', 'respond-async; x=1']) {
      const answer = await waiting.as('POST', '/v1/dib_images/unused/build', { headers: { prefer } });
      expect([answer.statusCode, answer.headers['preference-applied']]).toEqual([201, 'respond-async']);
    }
  });

  it('goes on when the client is gone, and when the process closes', async () => {
    const gone = new AbortController();
    const lost = fetch(`${waiting.app.url}/v1/dib_images/ubuntu-14.04/build`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from('nodepool:open:sesame').toString('base64')}` },
      signal: gone.signal,
    });
    const row = await until('there is a build', async () => {
      const rows = await waiting.get<Row[]>('/v1/dib_images?image=ubuntu-14.04');
      return rows[0];
    });
    gone.abort();
    await expect(lost).rejects.toThrow();
    expect(await waiting.get(`/v1/dib_images/${String(row['id'])}`)).toMatchObject({ _state: 1 });
    const held = waiting.as('POST', '/v1/dib_images/ubuntu-14.04/build');
    waiting.app.app.get(HeldRequests, { strict: false }).onModuleDestroy();
    expect((await held).statusCode).toBe(201);
  });
});

describe('without a config', () => {
  it('lists are empty and names are unknown', async () => {
    const bare = await startPool();
    try {
      for (const url of ['/v1/nodes', '/v1/images', '/v1/dib_images']) expect(await bare.get(url)).toEqual([]);
      expect(errorOf(await bare.as('POST', '/v1/dib_images/x/build'))).toEqual([404, 'Dib image name not found']);
      const form = { provider_name: 'all' };
      expect(errorOf(await bare.form('POST', '/v1/dib_images/x/upload', form))).toEqual([
        404,
        'Provider name not found',
      ]);
      expect(errorOf(await bare.form('POST', '/v1/images/x/update', form))).toEqual([404, 'Provider name not found']);
      expect((await bare.as('GET', '/v1/aliens/servers')).json()).toEqual({ servers: [], warnings: [] });
    } finally {
      await bare.close();
    }
  });
});

import { type Pool, startPool } from './pool.js';
import { addDib, addImage, addNode } from './rows.js';

let pool: Pool;
let nodeId: number;

beforeAll(async () => {
  pool = await startPool();
  const { database } = pool.app;
  const at = new Date('2026-01-02T03:04:05.678Z');
  await addNode(database, { providerName: 'b', labelName: 'a', stateTime: at });
  await addNode(database, {
    providerName: 'a',
    labelName: 'z',
    state: 5,
    comment: 'look at it',
    holdBy: 'mia',
    stateTime: at,
  });
  await addNode(database, { providerName: 'a', labelName: 'b', state: 1 });
  nodeId = await addNode(database, {
    providerName: 'a',
    labelName: 'b',
    hostname: 'b-a-1.slave.openstack.org',
    nodename: 'b-a-1',
    externalId: 'server-1',
    az: 'az1',
    ip: '192.0.2.1',
    ipPrivate: '10.0.0.1',
    stateTime: at,
  });
  await addImage(database, { providerName: 'b' });
  await addImage(database, {
    hostname: 'fake-image-1.template.openstack.org',
    version: 1_700_000_000,
    externalId: 'image-1',
    serverExternalId: 'server-2',
    stateTime: at,
  });
  await addDib(database, { imageName: 'z', state: 1 });
  await addDib(database, { version: 1_700_000_000, stateTime: at, formats: ['qcow2', 'raw'] });
});

afterAll(() => pool.close());

interface Row extends Record<string, unknown> {
  readonly id: number;
}

describe('the lists', () => {
  it('are bare arrays in the order of the original', async () => {
    const answer = await pool.request('GET', '/v1/nodes');
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-type']?.toLowerCase()).toBe('application/json; charset=utf-8');
    const nodes = answer.json<Row[]>().map((node) => [node['provider_name'], node['label_name']]);
    expect(nodes).toEqual([
      ['a', 'b'],
      ['a', 'b'],
      ['a', 'z'],
      ['b', 'a'],
    ]);
    const ids = answer.json<Row[]>().map(({ id }) => id);
    expect(ids[0]).toBeLessThan(ids[1] ?? 0);
    expect((await pool.get<Row[]>('/v1/images')).map((image) => image['provider_name'])).toEqual([
      'b',
      'fake-provider',
    ]);
    expect((await pool.get<Row[]>('/v1/dib_images')).map((dib) => dib['image_name'])).toEqual(['fake-dib-image', 'z']);
  });

  it.each(['nodes', 'images', 'dib_images'])(
    'of %s answer at all their addresses, and HEAD without a body',
    async (name) => {
      const plain = await pool.request('GET', `/v1/${name}`);
      for (const url of [`/v1/${name}/`, `/v1/${name}.json`, `/v1/${name}?x=1`, `/v1/${name}?_method=delete`]) {
        const answer = await pool.request('GET', url);
        expect([url, answer.statusCode, answer.json<Row[]>().length]).toEqual([url, 200, plain.json<Row[]>().length]);
      }
      const head = await pool.request('HEAD', `/v1/${name}`);
      expect([head.statusCode, head.body]).toEqual([200, '']);
    },
  );
});

describe('an object', () => {
  it('of a node has the keys of the original, and ours after them', async () => {
    const node = await pool.get<Row>(`/v1/nodes/${nodeId}`);
    expect(Object.entries(node).slice(0, 12)).toEqual([
      ['id', nodeId],
      ['provider_name', 'a'],
      ['label_name', 'b'],
      ['target_name', 'fake-target'],
      ['hostname', 'b-a-1.slave.openstack.org'],
      ['nodename', 'b-a-1'],
      ['external_id', 'server-1'],
      ['az', 'az1'],
      ['ip', '192.0.2.1'],
      ['ip_private', '10.0.0.1'],
      ['_state', 2],
      ['state_time', 1_767_323_045],
    ]);
    expect(node).toMatchObject({ state: 'ready', comment: null, hold_expiration: null, last_error: null });
    expect(node['age']).toBeGreaterThan(0);
  });

  it('of an image in a provider too', async () => {
    const image = (await pool.get<Row[]>('/v1/images'))[1];
    const { age: _age, ...rest } = image ?? { id: 0 };
    expect(rest).toEqual({
      id: image?.id,
      provider_name: 'fake-provider',
      image_name: 'fake-image',
      hostname: 'fake-image-1.template.openstack.org',
      version: 1_700_000_000,
      external_id: 'image-1',
      server_external_id: 'server-2',
      _state: 2,
      state_time: 1_767_323_045,
      state: 'ready',
      last_error: null,
    });
    expect(await pool.get(`/v1/images/${image?.id}.json`)).toMatchObject(rest);
  });

  it('of a disk image too', async () => {
    const [dib, queued] = await pool.get<Row[]>('/v1/dib_images');
    const { age: _age, ...rest } = dib ?? { id: 0 };
    expect(rest).toEqual({
      id: dib?.id,
      image_name: 'fake-dib-image',
      filename: '/nowhere/fake-dib-image-1',
      version: 1_700_000_000,
      _state: 2,
      state_time: 1_767_323_045,
      state: 'ready',
      formats: ['qcow2', 'raw'],
      last_error: null,
    });
    expect(queued).toMatchObject({ version: null, _state: 1, state: 'building' });
    expect(await pool.get(`/v1/dib_images/${dib?.id}/`)).toMatchObject(rest);
  });
});

describe('an id', () => {
  const huge = '9223372036854775808';
  const odd = [
    'abc',
    '-1',
    '1x',
    '0',
    '00',
    '+1',
    '1.0',
    '1e3',
    huge,
    '2147483648',
    '1%00',
    '%31%',
    'a%2Fb',
    '%F0%9F%8C%88',
    'x'.repeat(5_000),
  ];
  const kinds = [
    ['nodes', 'Node id not found'],
    ['images', 'Image id not found'],
    ['dib_images', 'Dib image id not found'],
  ] as const;
  it.each(kinds)('that is none is not found among %s', async (kind, description) => {
    for (const id of [...odd, '999999', '999999.json']) {
      const answer = await pool.request('GET', `/v1/${kind}/${id}`, { headers: { accept: 'application/json' } });
      expect([id.slice(0, 30), answer.statusCode]).toEqual([id.slice(0, 30), 404]);
      expect(answer.json()).toMatchObject({ code: 404, title: 'Not Found' });
      const deleted = await pool.as('DELETE', `/v1/${kind}/${id}`);
      expect([id.slice(0, 30), deleted.statusCode]).toEqual([id.slice(0, 30), 404]);
    }
    expect((await pool.request('GET', `/v1/${kind}/999999`)).json()).toEqual({
      code: 404,
      title: 'Not Found',
      description,
    });
  });

  it('loses a final .json on reads only', async () => {
    expect((await pool.request('GET', `/v1/nodes/${nodeId}.json`)).statusCode).toBe(200);
    expect((await pool.as('DELETE', `/v1/nodes/${nodeId}.json`)).statusCode).toBe(404);
    expect((await pool.request('GET', `/v1/nodes/${nodeId}.json.json`)).statusCode).toBe(404);
  });
});

describe('a path or method that is none', () => {
  it.each([
    ['POST', '/v1/nodes', 'GET, HEAD, OPTIONS'],
    ['PUT', '/v1/nodes', 'GET, HEAD, OPTIONS'],
    ['DELETE', '/v1/nodes/', 'GET, HEAD, OPTIONS'],
    ['PATCH', '/v1/nodes/1', 'GET, PUT, DELETE, HEAD, OPTIONS'],
    ['PUT', '/v1/images/1', 'GET, DELETE, HEAD, OPTIONS'],
    ['POST', '/v1/images/update', 'GET, DELETE, HEAD, OPTIONS'],
    ['GET', '/v1/images/1/update', 'POST, OPTIONS'],
    ['DELETE', '/v1/dib_images/x/build', 'POST, OPTIONS'],
  ])('%s %s is told what there is', async (method, url, allow) => {
    const answer = await pool.as(method, url);
    expect([answer.statusCode, answer.headers['allow']]).toEqual([405, allow]);
    expect(answer.json()).toMatchObject({ code: 405, title: 'Method Not Allowed' });
  });

  it.each(['/v1', '/v1/', '/v1/nope', '/v1/nodes/1/2', '/v1//nodes', '/v1/Nodes', '/v1/dib_images/x/y'])(
    '%s is not there, whatever the credentials',
    async (url) => {
      for (const answer of [await pool.request('GET', url), await pool.as('POST', url)]) {
        expect(answer.statusCode).toBe(404);
        expect(answer.json()).toEqual({ code: 404, title: 'Not Found', description: null });
      }
    },
  );
});

describe('what a client accepts', () => {
  const get = (accept?: string, url = '/v1/nodes') =>
    pool.request('GET', url, { headers: accept === undefined ? {} : { accept } });
  const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

  it('is JSON for every read that does not exclude it', async () => {
    for (const accept of [undefined, '*/*', 'application/json', 'application/*', browser, 'nonsense, */*', '']) {
      expect([accept, (await get(accept)).statusCode]).toEqual([accept, 200]);
    }
    for (const accept of ['text/html', 'application/xml', 'application/json;q=0', 'image/png, text/*']) {
      expect([accept, (await get(accept)).statusCode]).toEqual([accept, 406]);
    }
  });

  it('never refuses a change', async () => {
    for (const accept of ['application/json', 'text/html', 'image/png']) {
      const id = await addNode(pool.app.database);
      const answer = await pool.as('DELETE', `/v1/nodes/${id}`, { headers: { accept } });
      expect([accept, answer.statusCode]).toEqual([accept, 204]);
    }
  });

  it('chooses the form of an error, JSON unless another is preferred', async () => {
    for (const accept of [undefined, '*/*', 'application/json', 'image/png', 'text/html;q=0.1, application/json']) {
      const answer = await pool.as('DELETE', '/v1/nodes/999', { headers: accept === undefined ? {} : { accept } });
      expect(answer.json()).toEqual({ code: 404, title: 'Not Found', description: 'Node id not found' });
      expect(answer.headers['content-type']).toMatch(/^application\/json/);
    }
    const page = await get(browser, '/v1/nodes/999');
    expect([page.statusCode, page.headers['content-type']]).toEqual([404, 'text/html; charset=utf-8']);
    expect(page.body).toContain('<p>Node id not found</p>');
    const text = await pool.as('DELETE', '/v1/nodes/999', { headers: { accept: 'text/plain' } });
    expect([text.headers['content-type'], text.body]).toEqual([
      'text/plain; charset=utf-8',
      '404 Not Found\n\nNode id not found\n',
    ]);
  });
});

describe('a filter', () => {
  const ids = async (url: string) =>
    (await pool.get<Row[]>(url)).map(
      (row) => `${row['provider_name'] ?? ''}/${row['label_name'] ?? row['image_name']}`,
    );
  it('narrows a list, and others are ignored', async () => {
    expect(await ids('/v1/nodes?state=hold')).toEqual(['a/z']);
    expect(await ids('/v1/nodes?state=5&state=building')).toEqual(['a/b', 'a/z']);
    expect(await ids('/v1/nodes?provider=b')).toEqual(['b/a']);
    expect(await ids('/v1/nodes?label=b&state=ready&other=1&state=')).toEqual(['a/b']);
    expect(await ids('/v1/images?provider=fake-provider&image=fake-image')).toEqual(['fake-provider/fake-image']);
    expect(await ids('/v1/dib_images?state=building')).toEqual(['/z']);
    expect(await ids('/v1/nodes?provider=%00&label=%ED%A0%80')).toEqual([]);
    expect(await ids('/v1/nodes?provider=a%27%20or%201=1')).toEqual([]);
  });

  it('must name a state there is', async () => {
    for (const state of ['nope', '7', 'toString', '%00']) {
      const answer = await pool.request('GET', `/v1/nodes?state=${state}`);
      expect(answer.statusCode).toBe(400);
      expect(answer.json()).toMatchObject({ code: 400, title: 'Bad Request' });
    }
  });
});

import { newBootKey } from '../../../src/drydock/bootdata/boot-key.js';
import { type Deployment, deploy, download, dataSourceOf, unpacked } from './deployment.js';
import { designText, type Drydock, startDrydock } from './drydock.js';

const text = (path: string, data: string, more: object = {}) => ({
  type: 'file',
  path,
  data,
  data_pipeline: ['utf8_decode', 'template'],
  ...more,
});
const only = (...names: string[]) => ({
  filter_set_type: 'union',
  filter_set: [{ filter_type: 'union', node_names: names }],
});

const WORDS =
  '{{ node.hostname }} {{ node.domain }} {{ node.network.default.ip }} {{ action.action_id }} {{ action.action_key }} {{ action.report_url }} {{ action.design_ref }}';
const LONG = `/opt/${'long-name/'.repeat(20)}file`;

let drydock: Drydock;
let design: string;
let site: Deployment;

const key = (node: string) => site.keys.get(node) as string;
const ask = (path: string, headers: Record<string, string> = {}) =>
  drydock.test.inject({ url: `/api/v1.0${path}`, headers });
const messages = async (taskId: string) =>
  dataSourceOf(drydock.test.app).query<{ message: string; error: boolean; context_type: string; context: string }[]>(
    'select message, error, context_type, context from drydock_messages where task_id = $1 order by id',
    [taskId],
  );

beforeAll(async () => {
  drydock = await startDrydock({ role: 'api' });
  drydock.web.put('/n1/motd', 'from the web');
  design = drydock.web.put(
    '/site.yaml',
    designText({
      nodes: [{ name: 'n1', tags: ['first'], labels: { zone: 'z1' } }, { name: 'n2' }, { name: 'n3' }],
      bootActions: {
        words: {
          assets: [
            text('/etc/words', WORDS, { permissions: '555' }),
            text('/etc/no-mode', 'x'),
            text('/etc/motd', '{{ node.tags }}'),
          ],
        },
        units: {
          assets: [{ ...text('words.service', '[Unit]\n'), path: '/etc/systemd/system/words.service', type: 'unit' }],
        },
        one: {
          node_filter: only('n1'),
          assets: [
            text('/etc/one', '{{ node.labels.zone }}'),
            text(LONG, 'long'),
            text('/usr/bin/su', '', { permissions: '4755' }),
          ],
        },
        web: {
          node_filter: only('n1'),
          assets: [
            {
              type: 'file',
              path: '/etc/web',
              location: `${drydock.web.origin}/{{ node.hostname }}/motd`,
              location_pipeline: ['template'],
              data_pipeline: [],
            },
          ],
        },
        silent: { signaling: false, node_filter: only('n2'), assets: [text('/etc/words', 'again')] },
        bytes: {
          node_filter: only('n2'),
          assets: [{ type: 'file', path: '/etc/bytes', data: 'aGVs\nbG8=', data_pipeline: ['base64_decode'] }],
        },
        packages: { assets: [{ type: 'pkg_list', data: { htop: '1.6-2', curl: null } }] },
      },
    }),
  );
  site = await deploy(drydock, design);
});

afterAll(() => drydock.close());

describe('the files of a node', () => {
  it('come as they stand in the design, for this node alone', async () => {
    const files = await download(drydock, '/bootactions/nodes/n1/files', key('n1'));
    expect(files.map(({ path, mode }) => [path, mode.toString(8)])).toEqual([
      ['/etc/words', '555'],
      ['/etc/no-mode', '600'],
      ['/etc/motd', '600'],
      ['/etc/one', '600'],
      [LONG, '600'],
      ['/usr/bin/su', '4755'],
      ['/etc/web', '600'],
    ]);
    expect(files.every(({ owner, seconds, type }) => owner === '0/0' && seconds === 0 && type === 'File')).toBe(true);
    const id = site.actions.get('n1/words');
    const report = `${drydock.test.url}/api/v1.0/bootactions/`;
    expect(files[0]?.text).toBe(`n1 lab.example.com 10.0.0.11 ${id} ${key('n1')} ${report} ${design}`);
    expect(files.slice(2).map((file) => file.text)).toEqual(["['first']", 'z1', 'long', '', 'from the web']);
  });

  it('keep two assets of one path, and bytes as bytes', async () => {
    const files = await download(drydock, '/bootdata/n2/files', key('n2'));
    expect(files.map(({ path, text: data }) => [path, data])).toEqual([
      ['/etc/words', expect.stringContaining('n2 ')],
      ['/etc/no-mode', 'x'],
      ['/etc/motd', '[]'],
      ['/etc/words', 'again'],
      ['/etc/bytes', 'hello'],
    ]);
  });

  it('come as one gzipped archive with a name, by both paths and with a slash at the end', async () => {
    for (const path of [
      '/bootactions/nodes/n1/units',
      '/bootdata/n1/units',
      '/bootactions/nodes/n1/units/',
      '/bootdata/n1/units/',
    ]) {
      const answer = await fetch(`${drydock.test.url}/api/v1.0${path}`, { headers: { 'x-bootaction-key': key('n1') } });
      expect([answer.status, answer.headers.get('content-type'), answer.headers.get('content-disposition')]).toEqual([
        200,
        'application/gzip',
        'attachment; filename="n1-unit.tar.gz"',
      ]);
      expect(answer.headers.get('x-drydock-req')).toMatch(/^[0-9a-f-]{36}$/);
      const members = await unpacked(new Uint8Array(await answer.arrayBuffer()));
      expect(members.map((member) => [member.path, member.mode, member.text])).toEqual([
        ['/etc/systemd/system/words.service', 0o600, '[Unit]'],
      ]);
    }
  });

  it('are the same for a key in capitals, and an empty archive where there are none', async () => {
    const lower = await download(drydock, '/bootdata/n3/files', key('n3'));
    expect(await download(drydock, '/bootdata/n3/files', key('n3').toUpperCase())).toEqual(lower);
    expect(lower[0]?.text).toContain(key('n3'));
    const empty = await deploy(
      drydock,
      drydock.files.write(
        'empty.yaml',
        designText({
          nodes: [{ name: 'e1' }],
          bootActions: { none: { assets: [{ type: 'pkg_list', data: { a: null } }] } },
        }),
      ),
    );
    expect(await download(drydock, '/bootdata/e1/files', empty.keys.get('e1'))).toEqual([]);
  });

  it('are those of the design as it was when the deployment began', async () => {
    const ref = drydock.web.put(
      '/changing.yaml',
      designText({ nodes: [{ name: 'p1' }], bootActions: { a: { assets: [text('/a', 'before')] } } }),
    );
    const pinned = await deploy(drydock, ref);
    drydock.web.put(
      '/changing.yaml',
      designText({ nodes: [{ name: 'p1' }], bootActions: { a: { assets: [text('/a', 'after')] } } }),
    );
    expect((await download(drydock, '/bootdata/p1/files', pinned.keys.get('p1')))[0]?.text).toBe('before');
  });
});

describe('who is refused', () => {
  const wrong = { title: 'Unauthorized', description: 'Invalid X-Bootaction-Key' };

  it('an unknown node comes first, whatever the key', async () => {
    for (const given of [undefined, 'bar', key('n1')]) {
      const headers: Record<string, string> = given === undefined ? {} : { 'x-bootaction-key': given };
      const answer = await ask('/bootactions/nodes/nobody/units', headers);
      expect([answer.statusCode, answer.json()]).toEqual([
        404,
        { title: '404 Not Found', description: 'Error locating boot action for nobody' },
      ]);
    }
    expect((await ask('/bootdata/N1/files', { 'x-bootaction-key': key('n1') })).statusCode).toBe(404);
  });

  it('no key is a 401, and a token is no key', async () => {
    for (const headers of [
      {},
      { 'x-bootaction-key': '' },
      { 'x-bootaction-key': '  ' },
      { 'x-auth-token': drydock.test.adminToken },
    ]) {
      const answer = await ask('/bootdata/n1/files', headers as Record<string, string>);
      expect([answer.statusCode, answer.headers['www-authenticate'], answer.json()]).toEqual([
        401,
        'Bootaction-Key',
        { title: 'Unauthorized', description: 'No X-Bootaction-Key' },
      ]);
    }
  });

  it.each([
    ['another key', () => newBootKey()],
    ['a beginning', () => 'deadbeef'],
    ['another node’s', () => key('n2')],
    ['no hex', () => 'not hex'],
    ['an odd number of digits', () => key('n1').slice(1)],
    ['10 kB', () => 'a'.repeat(10_240)],
    ['its own twice', () => key('n1') + key('n1')],
    ['blanks inside', () => key('n1').replace(/../g, '$& ')],
  ])('%s is a 403', async (_what, made) => {
    const answer = await ask('/bootactions/nodes/n1/files', { 'x-bootaction-key': made() });
    expect([answer.statusCode, answer.json()]).toEqual([403, wrong]);
  });

  it('a key of the deployment before, or of a node that was destroyed, is a 403', async () => {
    const ref = drydock.files.write(
      'again.yaml',
      designText({ nodes: [{ name: 'r1' }], bootActions: { a: { assets: [text('/a', 'x')] } } }),
    );
    const first = (await deploy(drydock, ref)).keys.get('r1') as string;
    const second = (await deploy(drydock, ref)).keys.get('r1') as string;
    expect((await ask('/bootdata/r1/files', { 'x-bootaction-key': first })).statusCode).toBe(403);
    expect((await ask('/bootdata/r1/files', { 'x-bootaction-key': second })).statusCode).toBe(200);
    await dataSourceOf(drydock.test.app).query(
      `update drydock_boot_contexts set revoked_at = now() where node_name = 'r1'`,
    );
    const answer = await ask('/bootdata/r1/files', { 'x-bootaction-key': second });
    expect([answer.statusCode, answer.json()]).toEqual([403, wrong]);
    expect((await ask('/bootdata/r1/files')).statusCode).toBe(401);
  });

  it.each([
    '/bootactions/nodes/..%2fn1/files',
    '/bootactions/nodes/n1%00/files',
    '/bootactions/nodes/%2e%2e/%2e%2e/tasks',
    '/bootactions/nodes/..%5c..%5cetc%5cpasswd/files',
    '/bootdata/%2fetc%2fpasswd/files',
    '/bootdata/n1%0a/files',
    "/bootdata/n1'--/files",
    `/bootdata/${'n'.repeat(1_000)}/files`,
    `/bootdata/${'n'.repeat(10_240)}/files`,
    '/bootdata/%ff/files',
    '/bootdata/%ED%A0%80/files',
    '/bootdata/n1/pkg_list',
    '/bootdata/n1/files/extra',
    '/bootdata/n1',
  ])('%s leads nowhere', async (path) => {
    const answer = await ask(path, { 'x-bootaction-key': key('n1') });
    expect([400, 404, 414]).toContain(answer.statusCode);
    expect(answer.json()).toHaveProperty('title');
  });

  it('a name that no node can have is one that no node has', async () => {
    const answer = await ask('/bootdata/n1%00/files', { 'x-bootaction-key': key('n1') });
    expect([answer.statusCode, answer.json()]).toMatchObject([404, { title: '404 Not Found' }]);
  });

  it('other methods are a 405', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'HEAD']) {
      const answer = await drydock.test.inject({
        method,
        url: '/api/v1.0/bootactions/nodes/n1/files',
        headers: { 'x-bootaction-key': key('n1') },
      });
      expect([answer.statusCode, answer.headers['allow']]).toEqual([405, expect.stringContaining('GET')]);
    }
  });
});

describe('an asset that cannot be rendered', () => {
  const broken: Record<string, [string, object]> = {
    template: ['template', text('/bad', 'a {{ node.nope.x }}')],
    syntax: ['syntax', text('/bad', '{{ nope')],
    pipeline: ['pipeline', { type: 'file', path: '/bad', data: 'x', data_pipeline: ['template'] }],
    missing: ['missing', { type: 'file', path: '/bad', location: '{ORIGIN}/nothing?token=hush', data_pipeline: [] }],
    dead: ['dead', { type: 'file', path: '/bad', location: 'http://user:hush@127.0.0.1:9/x', data_pipeline: [] }],
    scheme: [
      'scheme',
      {
        type: 'file',
        path: '/bad',
        location: 'ftp://127.0.0.1/{{ action.action_key }}',
        location_pipeline: ['template'],
        data_pipeline: [],
      },
    ],
    metadata: [
      'metadata',
      {
        type: 'file',
        path: '/bad',
        location: 'http://169.254.169.254/{{ action.action_key }}',
        location_pipeline: ['template'],
        data_pipeline: [],
      },
    ],
    host: [
      'host',
      {
        type: 'file',
        path: '/bad',
        location: 'http://{{ action.action_key }}/x',
        location_pipeline: ['template'],
        data_pipeline: [],
      },
    ],
    outside: ['outside', { type: 'file', path: '/bad', location: 'file:///etc/passwd', data_pipeline: [] }],
    endless: ['endless', text('/bad', '{% for i in range(10 ** 9) %}x{% endfor %}')],
  };

  it.each(Object.keys(broken))(
    '%s: is a 500 that says which, and hurts neither the other type nor other nodes',
    async (name) => {
      const asset = JSON.parse(JSON.stringify(broken[name]?.[1]).replace('{ORIGIN}', drydock.web.origin)) as object;
      const unit = { ...text('/etc/systemd/system/ok.service', 'ok'), type: 'unit' };
      const text2 = text('/ok', 'fine');
      const site2 = await deploy(
        drydock,
        drydock.files.write(
          `broken-${name}.yaml`,
          designText({
            nodes: [{ name: `${name}-1` }, { name: `${name}-2` }],
            bootActions: { bad: { node_filter: only(`${name}-1`), assets: [asset] }, good: { assets: [text2, unit] } },
          }),
        ),
      );
      const bad = site2.keys.get(`${name}-1`) as string;
      const began = performance.now();
      for (let attempt = 0; attempt < 2; attempt += 1) {
        const answer = await ask(`/bootdata/${name}-1/files`, { 'x-bootaction-key': bad });
        expect([answer.statusCode, answer.json()]).toEqual([
          500,
          {
            title: '500 Internal Server Error',
            description: expect.stringMatching(/^Boot action bad asset \/bad failed to render: ./),
          },
        ]);
        expect(answer.body).not.toMatch(/hush|root:|undefined/);
        expect(answer.body).not.toContain(bad);
      }
      expect(performance.now() - began).toBeLessThan(60_000);
      expect((await download(drydock, `/bootdata/${name}-1/units`, bad)).map(({ text: data }) => data)).toEqual(['ok']);
      expect(
        (await download(drydock, `/bootdata/${name}-2/files`, site2.keys.get(`${name}-2`))).map(
          ({ text: data }) => data,
        ),
      ).toEqual(['fine']);
      expect(await messages(site2.taskId)).toEqual([
        {
          message: expect.stringMatching(/^Boot action bad asset \/bad/),
          error: true,
          context_type: 'bootaction',
          context: site2.actions.get(`${name}-1/bad`),
        },
      ]);
    },
  );
});

describe('fifty downloads at the same time', () => {
  it('hold each its own node’s key and no other', async () => {
    const nodes = ['n1', 'n2'];
    const archives = await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        const node = nodes[index % 2] as string;
        return { node, files: await download(drydock, `/bootdata/${node}/files`, key(node)) };
      }),
    );
    for (const { node, files } of archives) {
      const all = files.map((file) => file.text).join('\n');
      expect(all).toContain(key(node));
      expect(all).toContain(site.actions.get(`${node}/words`) as string);
      for (const other of ['n1', 'n2', 'n3'].filter((one) => one !== node)) expect(all).not.toContain(key(other));
    }
  });
});

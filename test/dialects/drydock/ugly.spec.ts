import { jest } from '@jest/globals';
import { designText, type Drydock, scriptAction, startDrydock } from './drydock.js';

jest.setTimeout(120_000);

const ULID = '00041061050R3GG28A1C60T3GF';
const KEY = 'ab'.repeat(32);
const UUID = '00000000-0000-4000-8000-000000000000';

/** What stands in a path for a name or an id. */
const NAMES = [
  'n1',
  'nobody',
  '%00',
  'n1%00',
  '%F0%9F%92%A9',
  '%ED%A0%80',
  '..%2f..%2fetc',
  '%2e%2e',
  "'; drop table drydock_tasks --",
  '__proto__',
  'constructor',
  '9223372036854775808',
  '-1',
  UUID,
  ULID,
  ULID.toLowerCase(),
  `${ULID}%0a`,
  'x'.repeat(1_000),
  'x'.repeat(20_000),
].map((name) => name.replaceAll(/[ ';]/g, (character) => encodeURIComponent(character)));

const BODIES: readonly unknown[] = [
  'null',
  '7',
  '"text"',
  '[]',
  '{}',
  '{',
  '',
  '{"action":"deploy_nodes","action":["x"]}',
  '{"__proto__":{"action":"deploy_nodes"}}',
  { action: ['deploy_nodes'], design_ref: {}, node_filter: 'x' },
  { action: 'deploy_nodes\u0000', design_ref: 'http://127.0.0.1/' },
  { action: 'deploy_nodes', design_ref: 'http://127.0.0.1/\u0000' },
  { action: 'deploy_nodes', design_ref: 'ftp://x' },
  { action: 'deploy_nodes', design_ref: `http://${'x'.repeat(100_000)}` },
  { action: 'deploy_nodes', design_ref: 'file:///etc/passwd', node_filter: [] },
  { action: 'deploy_nodes', design_ref: 'file:///x', node_filter: { filter_set_type: 'all', filter_set: {} } },
  { action: '__proto__', design_ref: 'file:///x' },
  { action: 'constructor', design_ref: 'file:///x', node_filter: null },
  { design_ref: 5, node_filter: { filter_set: [null, 7, []] } },
  { href: ['x'] },
  { href: 7 },
  { href: 'file:///etc/shadow' },
  { href: 'http://169.254.169.254/latest/meta-data' },
  { href: 'http://user:pa55word@[::1/' },
  { status: 'SUCCESS', details: {} },
  { details: [{ message: { a: 1 }, error: 'x' }] },
  `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`,
  new Uint8Array([0xff, 0xfe, 0x00]),
];

const QUERIES = [
  'days=-1',
  'days=1e9',
  'days=9223372036854775808',
  'days=%00',
  'days=1&days=2',
  'days[]=1',
  'layers=9999999999999999999999',
  'layers=-5&subtaskerrors=true&builddata=%00',
  'latest=%F0%9F%92%A9',
  'builddata=junk',
  '__proto__[x]=1',
];

describe('whatever is asked of Drydock', () => {
  let drydock: Drydock;

  beforeAll(async () => {
    drydock = await startDrydock({ role: 'api' });
    const design = designText({ nodes: [{ name: 'n1' }], bootActions: { hello: scriptAction() } });
    await drydock.start('verify_site', drydock.files.write('site.yaml', design));
  });
  afterAll(() => drydock.close());

  const facts = () =>
    drydock.test.database.dataSource.query<unknown[]>(
      `select (select json_agg(t order by id) from drydock_tasks t) as tasks, (select count(*)::int from batches) as batches,
         (select count(*)::int from audit_events) as audited, (select count(*)::int from drydock_boot_contexts) as contexts`,
    );

  /** A 4xx in one of the two shapes, or an answer that changed nothing; never an error of ours. */
  const expectSound = async (method: string, path: string, payload?: unknown) => {
    const headers: Record<string, string> = { 'x-auth-token': drydock.test.adminToken, 'x-bootaction-key': KEY };
    if (payload !== undefined) headers['content-type'] = 'application/json';
    const answer = await drydock.test.inject({ method, url: `/api/v1.0${path}`, headers, payload });
    const where = [method, path.slice(0, 200), typeof payload === 'string' ? payload.slice(0, 200) : payload];
    expect([...where, answer.statusCode, answer.statusCode < 500]).toEqual([...where, answer.statusCode, true]);
    expect([...where, answer.headers['x-drydock-req']]).toEqual([...where, expect.any(String)]);
    expect([...where, answer.body.includes('pa55word')]).toEqual([...where, false]);
    if (answer.statusCode < 400 || answer.body === '') return;
    const keys = Object.keys(answer.json());
    expect([...where, keys.includes('title') || keys.includes('message')]).toEqual([...where, true]);
  };

  it('by whatever name, is an answer and no error of ours', async () => {
    const before = await facts();
    for (const name of NAMES) {
      for (const path of ['/tasks/$', '/tasks/$/builddata', '/nodes/$/builddata', '/designs/$', '/designs/$/parts/$']) {
        await expectSound('GET', path.replaceAll('$', name));
      }
      for (const path of ['/bootactions/nodes/$/files', '/bootactions/nodes/$/units', '/bootdata/$/files', '/$']) {
        await expectSound('GET', path.replaceAll('$', name));
      }
      await expectSound('POST', `/bootactions/${name}`, { status: 'Success' });
      await expectSound('POST', `/bootaction/${name}/`, { status: 'Success' });
      await expectSound('POST', `/nodes/${name}/bootkey`);
      await expectSound('DELETE', `/tasks/${name}`);
    }
    expect(await facts()).toEqual(before);
  });

  it('with whatever body, is refused and changes nothing', async () => {
    const before = await facts();
    for (const body of BODIES) {
      for (const path of ['/tasks', '/nodefilter', '/validatedesign', `/bootactions/${ULID}`]) {
        await expectSound('POST', path, body);
      }
    }
    expect(await facts()).toEqual(before);
  });

  it('with whatever parameters, is answered', async () => {
    for (const query of QUERIES) {
      for (const path of ['/tasks', `/tasks/${UUID}`, '/nodes', '/nodes/n1/builddata', '/health/extended']) {
        await expectSound('GET', `${path}?${query}`);
      }
    }
    const before = await facts();
    for (const query of QUERIES.filter((each) => each.startsWith('days')))
      await expectSound('DELETE', `/tasks?${query}`);
    expect(await facts()).toEqual(before);
  });
});

import { InventoryClient } from './inventory-client.js';

const WORKFLOWS = '/api/core/workflows/';
const SERVERS = '/api/images/file-servers/';
const GOLDEN = '/api/images/golden-images/';

interface WorkflowAnswer {
  id: number;
  name: string;
  is_default: boolean;
  steps: { id: number; name: string; step_type: string; order: number; config: object; workflow: number }[];
}

describe('what upgrades are made of', () => {
  let admin: InventoryClient;
  let operator: InventoryClient;

  beforeAll(async () => {
    admin = await InventoryClient.start();
    operator = await admin.as('operator');
  });
  afterAll(() => admin.close());

  const image = async (filename: string): Promise<number> => {
    const server = await admin.create(SERVERS, { name: `for ${filename}`, protocol: 'http', address: '192.0.2.1' });
    const made = await operator.create('/api/images/images/', {
      filename,
      is_remote: true,
      file_server: server.id,
      size_bytes: 5,
    });
    return made.id;
  };

  it('seeds the documented default workflow and checks for IOS-XE', async () => {
    const { results } = (await admin.get(WORKFLOWS)).json<{ results: WorkflowAnswer[] }>();
    expect(results).toHaveLength(1);
    expect(results[0]?.is_default).toBe(true);
    expect(results[0]?.steps.map(({ name, step_type, config }) => [name, step_type, config])).toEqual([
      ['Readiness Check', 'readiness', { snapshot: true }],
      ['Distribution', 'distribution', {}],
      ['Activation', 'activation', {}],
      ['Post-Checks', 'postcheck', {}],
    ]);
    const checks = (await admin.get('/api/core/checks/?platform=iosxe')).json<{ count: number }>();
    expect(checks.count).toBeGreaterThan(0);
  });

  it('keeps one default workflow and never loses the last', async () => {
    const { results } = (await admin.get(WORKFLOWS)).json<{ results: WorkflowAnswer[] }>();
    const seeded = results[0]?.id ?? 0;
    const last = { error: 'Cannot delete the last remaining workflow. At least one workflow is required.' };
    const refused = await operator.delete(`${WORKFLOWS}${seeded}/`);
    expect([refused.statusCode, refused.json()]).toEqual([400, last]);
    const second = await operator.create<WorkflowAnswer>(WORKFLOWS, { name: 'Second' });
    const answers = await Promise.all([seeded, second.id].map((id) => operator.post(`${WORKFLOWS}${id}/set_default/`)));
    expect(answers.map((answer) => answer.statusCode)).toEqual([200, 200]);
    expect(answers[1]?.json()).toEqual({ status: 'default_set', workflow: 'Second' });
    expect((await admin.get(`${WORKFLOWS}?is_default=true`)).json()).toMatchObject({ count: 1 });
    const deleted = await Promise.all([seeded, second.id].map((id) => operator.delete(`${WORKFLOWS}${id}/`)));
    expect(deleted.map((answer) => answer.statusCode).sort()).toEqual([204, 400]);
    expect(
      (await operator.post(WORKFLOWS, { name: 'Second' })).statusCode +
        (await operator.post(WORKFLOWS, { name: 'Default' })).statusCode,
    ).toBe(601);
  });

  it('replaces the steps of a workflow, and refuses unknown types without a change', async () => {
    const { id } = await operator.create<WorkflowAnswer>(WORKFLOWS, {
      name: 'Steps',
      steps: [{ name: 'Wait', step_type: 'wait', config: { duration: 5 } }],
    });
    const steps = [
      { name: 'B', step_type: 'distribution', order: 2 },
      { name: 'A', step_type: 'readiness', order: 1, config: { snapshot: true } },
    ];
    expect((await operator.post(`${WORKFLOWS}${id}/update_steps/`, steps)).json()).toEqual({
      status: 'updated',
      count: 2,
    });
    for (const [bad, expected] of [
      [[{ name: 'X', step_type: 'bogus' }], { step_type: ['"bogus" is not a valid choice.'] }],
      [
        [{ name: 'X', step_type: 'wait', config: [] }],
        { config: ['Expected a dictionary of items but got type "list".'] },
      ],
      [{}, { non_field_errors: ['Expected a list of items but got type "dict".'] }],
      [[], { non_field_errors: ['This list may not be empty.'] }],
      [[null], { non_field_errors: [expect.any(String)] }],
    ] as const) {
      const answer = await operator.post(`${WORKFLOWS}${id}/update_steps/`, bad);
      expect([answer.statusCode, answer.json()]).toEqual([400, expected]);
    }
    const kept = (await admin.get(`${WORKFLOWS}${id}/`)).json<WorkflowAnswer>();
    expect(kept.steps.map((step) => step.name)).toEqual(['A', 'B']);
  });

  it('edits single steps', async () => {
    const workflow = await operator.create<WorkflowAnswer>(WORKFLOWS, { name: 'Single' });
    const step = await operator.create('/api/core/workflow-steps/', {
      workflow: workflow.id,
      name: 'Ping',
      step_type: 'ping',
      order: 1,
    });
    expect(
      (await operator.patch(`/api/core/workflow-steps/${step.id}/`, { config: { retries: 5 } })).json(),
    ).toMatchObject({ config: { retries: 5 } });
    expect((await operator.patch(`/api/core/workflow-steps/${step.id}/`, { step_type: 'bogus' })).json()).toEqual({
      step_type: ['"bogus" is not a valid choice.'],
    });
    expect(
      (await operator.post('/api/core/workflow-steps/', { workflow: 999, name: 'x', step_type: 'wait' })).json(),
    ).toEqual({ workflow: ['Invalid pk "999" - object does not exist.'] });
    expect((await operator.delete(`/api/core/workflow-steps/${step.id}/`)).statusCode).toBe(204);
  });

  it('gives a model its golden image, and devices their compliance', async () => {
    const [old, golden] = [await image('m-1.0.0.bin'), await image('m-2.0.0.bin')];
    const model = await operator.create('/api/dcim/device-models/', {
      name: 'M',
      commands: { activate: 'sh x', verify: '' },
    });
    expect(model).toMatchObject({ commands: { activate: 'sh x' }, device_count: 0, default_image: null });
    const patched = await operator.patch(`/api/dcim/device-models/${model.id}/`, {
      default_image: golden,
      supported_images: [golden, old, old],
    });
    expect(patched.json()).toMatchObject({
      supported_images: [old, golden],
      golden_image_version: '2.0.0',
      default_image_details: { filename: 'm-2.0.0.bin' },
    });
    for (const [body, field] of [
      [{ default_image: 999 }, 'default_image'],
      [{ supported_images: [999] }, 'supported_images'],
      [{ commands: { reboot: 'x' } }, 'commands'],
      [{ commands: { verify: 5 } }, 'commands'],
    ] as const) {
      const answer = await operator.patch(`/api/dcim/device-models/${model.id}/`, body);
      expect([answer.statusCode, Object.keys(answer.json())]).toEqual([400, [field]]);
    }
    const versions = { 'c-none': null, 'c-same': '2.0.0', 'c-old': '1.0.0', 'c-ahead': '2.0.1' };
    for (const [hostname, version] of Object.entries(versions)) {
      await operator.create('/api/dcim/devices/', { hostname, ip_address: '10.0.0.1', model: 'M', version });
    }
    const { results } = (await admin.get('/api/dcim/devices/?model=M')).json<{ results: Record<string, unknown>[] }>();
    expect(results.map((row) => row['compliance_status'])).toEqual([
      'Non-Compliant',
      'Compliant',
      'Non-Compliant',
      'Ahead',
    ]);
    expect(results[0]?.['golden_image']).toMatchObject({
      id: golden,
      available_images: [
        { id: golden, tag: 'Default' },
        { id: old, tag: 'Supported' },
      ],
    });
    expect((await operator.delete(`/api/dcim/device-models/${model.id}/`)).statusCode).toBe(409);
  });

  it('has one golden image for each scope', async () => {
    const id = await image('g-1.0.bin');
    const region = await operator.create('/api/dcim/regions/', { name: 'R' });
    const site = await operator.create('/api/dcim/sites/', { name: 'S', region: region.id });
    const row = await operator.create(GOLDEN, { platform: 'iosxe', site: site.id, image: id });
    expect(row).toMatchObject({ platform: 'iosxe', site_name: 'S', image_details: { version: '1.0' } });
    // By name, as devices say where they are.
    const named = await operator.patch(`${GOLDEN}${row.id}/`, { site: site.name });
    expect(named.json()).toMatchObject({ site: site.id, site_name: site.name });
    const nowhere = await operator.post(GOLDEN, { platform: 'iosxe', site: 'nowhere', image: id });
    expect([nowhere.statusCode, nowhere.json()]).toEqual([400, { site: ['Object with name=nowhere does not exist.'] }]);
    expect(await operator.create(GOLDEN, { platform: 'iosxe', site: 'Global', image: id })).toMatchObject({
      site: null,
      site_name: 'Global',
    });
    const again = await Promise.all([1, 2].map(() => operator.post(GOLDEN, { platform: 'linux', image: id })));
    expect(again.map((answer) => answer.statusCode).sort()).toEqual([201, 400]);
    for (const bad of [
      { image: id },
      { platform: 'iosxe', model: 1, image: id },
      { platform: 'iosxe', site: site.id, region: region.id, image: id },
      { platform: 'iosxe', image: 999 },
      { platform: 'nxos', image: id },
      { platform: 'iosxe', site: 'Nowhere', image: id },
      { platform: 'iosxe', region: 999, image: id },
    ]) {
      expect([bad, (await operator.post(GOLDEN, bad)).statusCode]).toEqual([bad, 400]);
    }
    expect((await operator.patch(`${GOLDEN}${row.id}/`, { platform: null })).statusCode).toBe(400);
    expect((await operator.delete(`/api/dcim/regions/${region.id}/`)).statusCode).toBe(409);
  });

  it("shows nobody a file server's login, and lets only admins give or move one", async () => {
    const server = {
      name: 'secure',
      protocol: 'scp',
      address: 'depot.example.org',
      username: 'depot-user',
      password: 'depot-pass',
    };
    expect((await operator.post(SERVERS, server)).statusCode).toBe(403);
    const made = await admin.create(SERVERS, server);
    expect(made).toMatchObject({ has_username: true, has_password: true });
    const shown = (await admin.get(SERVERS)).body + (await operator.get(`${SERVERS}${made.id}/`)).body;
    expect(shown).not.toMatch(/depot-user|depot-pass|v1:/);
    expect((await operator.patch(`${SERVERS}${made.id}/`, { address: '203.0.113.66' })).statusCode).toBe(403);
    expect((await operator.patch(`${SERVERS}${made.id}/`, { city: 'Ulm' })).statusCode).toBe(200);
    const [row] = await admin.sql.query<{ password: string }[]>('select password from file_servers where id = $1', [
      made.id,
    ]);
    expect(row?.password).toMatch(/^v1:/);
    for (const bad of [
      { address: 'a b' },
      { address: '-x' },
      { base_path: '../x' },
      { base_path: 'a;b' },
      { port: 0 },
      { protocol: 'gopher' },
      { username: 'a b' },
    ]) {
      expect([bad, (await admin.post(SERVERS, { ...server, name: 'n', ...bad })).statusCode]).toEqual([bad, 400]);
    }
  });

  it('has one global login, and named ones for admins only', async () => {
    const GLOBAL = '/api/dcim/global-credentials/';
    const answers = await Promise.all(
      [1, 2, 3].map((n) => admin.post(GLOBAL, { username: `u${n}`, password: 'glob-clear' })),
    );
    expect(answers.map((answer) => answer.statusCode)).toEqual([201, 201, 201]);
    const list = (await admin.get(GLOBAL)).json<{ count: number; results: object[] }>();
    expect(list.count).toBe(1);
    expect(list.results[0]).toEqual({
      id: expect.any(Number),
      username: expect.any(String),
      has_password: true,
      has_secret: false,
      has_private_key: false,
    });
    const named = await admin.create('/api/dcim/credentials/', {
      name: 'dc1',
      username: 'cisco',
      password: 'named-clear',
    });
    expect((await operator.get('/api/dcim/credentials/')).statusCode).toBe(403);
    expect((await operator.post(GLOBAL, { username: 'x' })).statusCode).toBe(403);
    expect((await admin.post('/api/dcim/credentials/', { name: 'global' })).statusCode).toBe(400);
    const device = await operator.create('/api/dcim/devices/', {
      hostname: 'cred',
      ip_address: '10.1.1.1',
      credential: 'dc1',
    });
    expect(device).toMatchObject({ credential: 'dc1', has_password: false });
    expect((await admin.delete(`/api/dcim/credentials/${named.id}/`)).statusCode).toBe(409);
    const dump = await admin.sql.query(
      'select row_to_json(c)::text from credentials c union all select row_to_json(a)::text from audit_events a',
    );
    expect(JSON.stringify(dump)).not.toMatch(/(glob|named)-clear/);
  });

  it('lists what there is with absolute links', async () => {
    const root = (await admin.get('/api')).json();
    expect(root['dcim']).toBe(`${admin.app.url}/api/dcim/`);
    for (const name of ['dcim', 'images', 'users']) {
      const links = (await admin.get(`/api/${name}/`)).json<Record<string, string>>();
      for (const link of Object.values(links)) {
        expect([link, (await admin.get(new URL(link).pathname)).statusCode]).toEqual([link, 200]);
      }
    }
    expect((await admin.app.inject('/api/dcim/')).statusCode).toBe(401);
    expect((await admin.get('/api/nothing/')).json()).toEqual({ detail: 'Not found.' });
    expect((await admin.send('PUT', '/api/dcim/sites/')).json()).toEqual({ detail: 'Method "PUT" not allowed.' });
  });
});

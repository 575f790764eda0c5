import { InventoryClient } from './inventory-client.js';

const DEVICES = '/api/dcim/devices/';
const device = (hostname: string, more: object = {}) => ({
  hostname,
  ip_address: '192.0.2.1',
  platform: 'simulated',
  ...more,
});

describe('/api/dcim/devices/', () => {
  let admin: InventoryClient;

  beforeAll(async () => {
    admin = await InventoryClient.start();
    await admin.create('/api/dcim/device-models/', { name: 'C9300' });
  });
  afterAll(() => admin.close());

  it('creates a device and answers every documented field, with or without the slash', async () => {
    const answer = await admin.post('/api/dcim/devices', {
      ...device('sw1', { model: 'C9300', site: 'Berlin', tags: ['core', 'core'], unknown_field: 1, port: '2022' }),
      username: 'cisco',
      password: 'pa55word',
      secret: 'enab1e',
    });
    expect(answer.statusCode).toBe(201);
    expect(answer.json()).toEqual({
      id: expect.any(Number),
      hostname: 'sw1',
      ip_address: '192.0.2.1',
      port: 2022,
      platform: 'simulated',
      username: 'cisco',
      has_password: true,
      has_secret: true,
      has_private_key: false,
      credential: null,
      model: 'C9300',
      model_id: expect.any(Number),
      site: 'Berlin',
      site_id: expect.any(Number),
      version: null,
      serial: null,
      family: 'Switch',
      role: '',
      boot_method: '',
      boot_time: null,
      mac_address: '',
      reachability: 'Unknown',
      last_sync_status: 'Pending',
      last_sync_time: null,
      host_key: null,
      host_key_policy: 'tofu',
      legacy_algorithms: false,
      remote_dir: null,
      tags: ['core'],
      simulation: {},
      golden_image_override: null,
      preferred_file_server: null,
      compliance_status: 'No Standard',
      golden_image: {
        id: null,
        version: null,
        file: null,
        size: null,
        md5: null,
        is_new_model: true,
        available_images: [],
      },
    });
  });

  it('keeps secrets encrypted, out of every answer and out of the audit trail', async () => {
    const { id } = await admin.create(
      DEVICES,
      device('secretive', { password: 'hunter2-clear', secret: 'hunter3-clear' }),
    );
    const [row] = await admin.sql.query<Record<string, string>[]>('select * from devices where id = $1', [id]);
    expect(row?.['password']).toMatch(/^v1:/);
    const audit = await admin.sql.query<unknown[]>(
      "select * from audit_events where object_type = 'device' and object_id = $1",
      [String(id)],
    );
    expect(audit).toHaveLength(1);
    const answers = [
      await admin.get(DEVICES),
      await admin.get(`${DEVICES}${id}/`),
      await admin.patch(`${DEVICES}${id}/`, { role: 'x' }),
    ];
    const everything = JSON.stringify([row, audit]) + answers.map((answer) => answer.body).join();
    expect(everything).not.toContain('clear');
    expect(answers[1]?.body).not.toContain('v1:');

    expect((await admin.patch(`${DEVICES}${id}/`, { role: 'y' })).json()).toMatchObject({ has_password: true });
    expect((await admin.patch(`${DEVICES}${id}/`, { password: '' })).json()).toMatchObject({ has_password: false });
  });

  it('words the sample mistakes as the original does', async () => {
    await admin.create(DEVICES, device('taken'));
    const cases: [object, object][] = [
      [device('taken'), { hostname: ['device with this hostname already exists.'] }],
      [device('new', { ip_address: '300.1.1.1' }), { ip_address: ['Enter a valid IPv4 or IPv6 address.'] }],
      [device('new', { model: 'nope' }), { model: ['Object with name=nope does not exist.'] }],
      [device('new', { site_id: 4711 }), { site_id: ['Invalid pk "4711" - object does not exist.'] }],
      [device('new', { credential: 'nope' }), { credential: ['Object with name=nope does not exist.'] }],
      [
        device('new', { platform: 'nxos' }),
        { platform: ['"nxos" is not a valid choice. Choose one of iosxe, linux, simulated.'] },
      ],
      [{}, { hostname: ['This field is required.'], ip_address: ['This field is required.'] }],
    ];
    for (const [payload, expected] of cases) {
      const answer = await admin.post(DEVICES, payload);
      expect({ status: answer.statusCode, body: answer.json() }).toEqual({ status: 400, body: expected });
    }
  });

  it.each([
    ['hostname', true],
    ['hostname', ' '],
    ['hostname', { a: 1 }],
    ['hostname', 'a\0b'],
    ['hostname', '\ud800'],
    ['hostname', 'x'.repeat(256)],
    ['hostname', 'line\nbreak'],
    ['ip_address', 7],
    ['ip_address', '10.0.0.1; reboot'],
    ['port', 0],
    ['port', 65536],
    ['port', -1],
    ['port', '1e9'],
    ['model_id', 2 ** 60],
    ['model_id', -1],
    ['model_id', true],
    ['tags', 'a'],
    ['tags', [{}]],
    ['tags', ['\0']],
    ['simulation', []],
    ['simulation', 'x'],
    ['simulation', { step_ms: '50' }],
    ['simulation', { step_ms: -1 }],
    ['simulation', { lie: 'yes' }],
    ['simulation', { fail_step: 5 }],
    ['simulation', { hang_step: '' }],
    ['host_key', 'MD5:aa'],
    ['host_key_policy', 'maybe'],
    ['legacy_algorithms', 'banana'],
    ['remote_dir', '/tmp/$(reboot)'],
    ['remote_dir', '/tmp/../etc'],
    ['family', 'Toaster'],
    ['private_key', 'not a key'],
    ['golden_image_override', 99],
    ['preferred_file_server', 99],
    ['password', { a: 1 }],
    ['password', 'x'.repeat(2000)],
  ])('refuses %s %j with a field error and creates nothing', async (field, value) => {
    const before = await admin.sql.query('select count(*) from devices');
    const answer = await admin.post(DEVICES, device('ugly', { [field]: value }));
    expect([answer.statusCode, Object.keys(answer.json())]).toEqual([400, [field]]);
    expect(await admin.sql.query('select count(*) from devices')).toEqual(before);
  });

  it.each(['[', '5', '"x"', 'null', 'true'])('refuses the body %s', async (payload) => {
    const answer = await admin.send('POST', DEVICES, payload, { 'content-type': 'application/json' });
    expect(answer.statusCode).toBe(400);
  });

  it('answers 404 for ids no device has, and for ids that are none', async () => {
    for (const id of ['999999', 'abc', '-1', '1.5', '99999999999999999999', '%00']) {
      const answer = await admin.get(`${DEVICES}${id}/`);
      expect([answer.statusCode, answer.json()]).toEqual([404, { detail: 'Not found.' }]);
    }
  });

  it('makes one device of many requests at once with the same name', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => admin.post(DEVICES, device('contested', { site: 'New Site' }))),
    );
    const statuses = answers.map((answer) => answer.statusCode).sort();
    expect(statuses).toEqual([201, 400, 400, 400, 400, 400, 400, 400]);
  });

  it('changes only what is given, clears what is null, and says who did it', async () => {
    const operator = await admin.as('operator');
    const { id } = await admin.create(DEVICES, device('changing', { site: 'Bonn', version: '17.3.1', model: 'C9300' }));
    const changed = await operator.patch(`${DEVICES}${id}/`, { site: 'Köln', version: null, hostname: 'changed-日本' });
    expect(changed.json()).toMatchObject({ site: 'Köln', version: null, hostname: 'changed-日本', model: 'C9300' });
    const [event] = await admin.sql.query<Record<string, unknown>[]>(
      "select * from audit_events where object_type = 'device' and object_id = $1 and action = 'update'",
      [String(id)],
    );
    expect(event).toMatchObject({
      user_name: expect.stringMatching(/^operator-/),
      before: { hostname: 'changing', version: '17.3.1' },
    });
  });

  it('lets viewers read and change nothing', async () => {
    const viewer = await admin.as('viewer');
    expect((await viewer.get(DEVICES)).statusCode).toBe(200);
    for (const answer of [
      await viewer.post(DEVICES, device('x')),
      await viewer.patch(`${DEVICES}1/`, {}),
      await viewer.delete(`${DEVICES}1/`),
    ]) {
      expect([answer.statusCode, answer.json()]).toEqual([
        403,
        { detail: 'You do not have permission to perform this action.' },
      ]);
    }
    expect((await viewer.get('/api/dcim/global-credentials/')).statusCode).toBe(403);
    expect((await viewer.get('/api/dcim/credentials/')).statusCode).toBe(403);
  });

  it('deletes a device, but not from under an unfinished job', async () => {
    const { id } = await admin.create(DEVICES, device('doomed'));
    await admin.sql.query(
      `insert into jobs (batch_id, wave, position, kind, target_kind, target_id, label, status, steps, input)
       values (gen_random_uuid(), 0, 0, 'upgrade', 'device', $1, 'doomed', 'pending', '[]', '{}')`,
      [String(id)],
    );
    const refused = await admin.delete(`${DEVICES}${id}/`);
    expect([refused.statusCode, refused.json()]).toEqual([
      409,
      { error: 'Device in use', message: expect.stringContaining('unfinished job') },
    ]);
    await admin.sql.query("update jobs set status = 'cancelled' where target_id = $1", [String(id)]);
    expect((await admin.delete(`${DEVICES}${id}/`)).statusCode).toBe(204);
    expect((await admin.get(`${DEVICES}${id}/`)).statusCode).toBe(404);
  });

  it('searches, filters and orders by declared names only', async () => {
    await admin.create(DEVICES, device('find-100%', { ip_address: '198.51.100.7', version: '1.0', site: 'Ulm' }));
    await admin.create(DEVICES, device('find-1000', { ip_address: '2001:DB8::0:1', version: '2.0' }));
    const names = async (query: string): Promise<string[]> => {
      const answer = await admin.get(`${DEVICES}?${query}`);
      expect(answer.statusCode).toBe(200);
      return answer.json<{ results: { hostname: string }[] }>().results.map((row) => row.hostname);
    };
    expect(await names('search=find&ordering=-hostname')).toEqual(['find-1000', 'find-100%']);
    expect(await names('search=find-100%25')).toEqual(['find-100%']);
    expect(await names('search=find%20Ulm')).toEqual(['find-100%']);
    expect(await names('hostname__ic=FIND&version=2.0')).toEqual(['find-1000']);
    expect(await names('ip_address=2001:db8::')).toEqual(['find-1000']);
    expect(await names('site__name=Ulm')).toEqual(['find-100%']);
    expect(await names('search=find&ordering=password;drop%20table&nonsense=%27--')).toHaveLength(2);
    expect((await admin.get(`${DEVICES}?site=abc`)).json()).toEqual({ site: ['Enter a number.'] });
    expect((await admin.get(`${DEVICES}?search=%00`)).statusCode).toBe(400);
    expect(await names('site=99999999999999999999'.slice(0, 20))).toEqual([]);
  });
});

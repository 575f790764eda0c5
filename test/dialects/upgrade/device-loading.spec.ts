import { InventoryClient } from './inventory-client.js';

const DEVICES = '/api/dcim/devices/';
const IMPORT = '/api/dcim/devices/import_csv/';

describe('many devices at once', () => {
  let admin: InventoryClient;
  const count = async (): Promise<number> => {
    const [row] = await admin.sql.query<{ n: number }[]>('select count(*)::integer as n from devices');
    return row?.n ?? 0;
  };
  const csv = (text: string) => admin.form(IMPORT, [{ name: 'file', filename: 'devices.csv', content: text }]);

  beforeAll(async () => {
    admin = await InventoryClient.start();
    await admin.create('/api/dcim/device-models/', { name: 'SIM' });
  });
  afterAll(() => admin.close());
  beforeEach(() => admin.sql.query('truncate devices'));

  it('creates 20,000 from one list of 11 MB, ids in order, and pages through them', async () => {
    const list = Array.from({ length: 20_000 }, (_, index) => ({
      hostname: `sim-${String(index).padStart(6, '0')}`,
      ip_address: '127.0.0.1',
      platform: 'simulated',
      model: 'SIM',
      site: `Site ${index % 10}`,
      simulation: { step_ms: 1 },
      remarks: 'x'.repeat(400),
    }));
    const answer = await admin.post(DEVICES, list);
    const made = answer.json<{ count: number; ids: number[] }>();
    expect([answer.statusCode, made.count, new Set(made.ids).size]).toEqual([201, 20_000, 20_000]);
    const [row] = await admin.sql.query<{ hostname: string }[]>('select hostname from devices where id = $1', [
      made.ids[4711],
    ]);
    expect(row?.hostname).toBe('sim-004711');

    const page = await admin.get(`${DEVICES}?ordering=hostname&page=2`);
    const body = page.json<{
      count: number;
      next: string;
      previous: string;
      results: { hostname: string; model: string }[];
    }>();
    expect([body.count, body.results.length]).toEqual([20_000, 100]);
    expect(body.results[0]).toMatchObject({ hostname: 'sim-000100', model: 'SIM' });
    expect(body.next).toBe(`${admin.app.url}${DEVICES}?ordering=hostname&page=3`);
    expect(body.previous).toBe(`${admin.app.url}${DEVICES}?ordering=hostname`);
    expect((await admin.get(`${DEVICES}?page=200`)).json()).toMatchObject({ next: null });
    for (const bad of ['201', '0', '-1', 'x', '9'.repeat(40)]) {
      const answer = await admin.get(`${DEVICES}?page=${bad}`);
      expect([answer.statusCode, answer.json()]).toEqual([404, { detail: 'Invalid page.' }]);
    }
  });

  it('creates none when one is bad, and names it', async () => {
    const good = { hostname: 'a', ip_address: '10.0.0.1', platform: 'simulated' };
    const lists: [unknown[], object][] = [
      [
        [good, { ...good, hostname: 'b', ip_address: 'x' }, 5],
        { index: 1, ip_address: ['Enter a valid IPv4 or IPv6 address.'] },
      ],
      [[good, good], { index: 1, hostname: ['device with this hostname already exists.'] }],
      [
        [good, { ...good, hostname: 'b', model: 'nope' }],
        { index: 1, model: ['Object with name=nope does not exist.'] },
      ],
    ];
    for (const [list, problem] of lists) {
      const answer = await admin.post(DEVICES, list);
      expect(answer.statusCode).toBe(400);
      expect(answer.json<{ errors: unknown[] }>().errors[0]).toEqual(problem);
    }
    await admin.create(DEVICES, good);
    const again = await admin.post(DEVICES, [{ ...good, hostname: 'fresh' }, good]);
    expect(again.json<{ errors: unknown[] }>().errors).toEqual([
      { index: 1, hostname: ['device with this hostname already exists.'] },
    ]);
    expect(await count()).toBe(1);
    expect((await admin.post(DEVICES, [])).statusCode).toBe(400);
  });

  it('refuses a list over the limit with 413, and other routes keep theirs', async () => {
    const huge = Buffer.alloc(65 * 1024 * 1024, 32);
    const answer = await admin.send('POST', DEVICES, huge, { 'content-type': 'application/json' });
    expect(answer.statusCode).toBe(413);
    expect(answer.json()).toHaveProperty('detail');
    const other = await admin.send('POST', '/api/dcim/sites/', huge.subarray(0, 9 * 1024 * 1024), {
      'content-type': 'application/json',
    });
    expect(other.statusCode).toBe(413);
  });

  it('imports CSV: good rows are created, bad ones reported by row, nothing existing is changed', async () => {
    await admin.create(DEVICES, { hostname: 'old', ip_address: '10.9.9.9', platform: 'simulated' });
    const answer = await csv(
      '\ufeffHostname, IP Address ,username,password,platform,site,model,family,region,ignored\r\n' +
        'sw1,10.0.0.1,cisco,s3cret,simulated,Ulm,SIM,Switch,South,x\r\n' +
        'sw2,10.0.0.999,,,simulated,,,,\r\n' +
        '\r\n' +
        '"sw ""3""",2001:db8::3,,,linux,Ulm,,Router,North\r\n' +
        'old,10.0.0.4\r\n' +
        'sw1,10.0.0.5\r\n' +
        'sw6,10.0.0.6,,,,,Unknown Model\r\n',
    );
    expect([answer.statusCode, answer.json()]).toEqual([
      200,
      {
        status: 'imported',
        count: 2,
        errors: [
          'Row 3 (sw2): ip_address: Enter a valid IPv4 or IPv6 address.',
          'Row 5 (old): hostname: device with this hostname already exists.',
          'Row 6 (sw1): hostname: device with this hostname already exists.',
          'Row 7 (sw6): model: Object with name=Unknown Model does not exist.',
        ],
      },
    ]);
    const rows = await admin.sql.query(
      `select d.hostname, d.ip_address, d.password like 'v1:%' as sealed, s.name as site, r.name as region
       from devices d left join sites s on s.id = d.site_id left join regions r on r.id = s.region_id order by d.hostname`,
    );
    expect(rows).toEqual([
      { hostname: 'old', ip_address: '10.9.9.9', sealed: null, site: null, region: null },
      { hostname: 'sw "3"', ip_address: '2001:db8::3', sealed: null, site: 'Ulm', region: 'South' },
      { hostname: 'sw1', ip_address: '10.0.0.1', sealed: true, site: 'Ulm', region: 'South' },
    ]);
  });

  it.each([
    ['', 'Invalid CSV'],
    ['name,address\nsw1,10.0.0.1\n', 'Invalid CSV'],
    ['hostname,ip_address\n"sw1,10.0.0.1\n', 'Invalid CSV'],
    [`hostname,ip_address\n${'x'.repeat(100_000)},1\n`, 'Invalid CSV'],
  ])('refuses a file that is no import (%#)', async (text, title) => {
    const answer = await csv(text);
    expect([answer.statusCode, answer.json()['error']]).toEqual([400, title]);
    expect(await count()).toBe(0);
  });

  it('refuses bytes that are no text, a form without a file, other types, and too much', async () => {
    const binary = await admin.form(IMPORT, [
      { name: 'file', filename: 'x', content: Buffer.from([0xff, 0xfe, 0, 1]) },
    ]);
    expect(binary.statusCode).toBe(400);
    expect((await admin.form(IMPORT, [{ name: 'other', content: 'x' }])).json()).toEqual({
      file: ['No file was submitted.'],
    });
    expect((await admin.post(IMPORT, { csv: 'x' })).statusCode).toBe(400);
    expect((await admin.send('POST', IMPORT, 'x', { 'content-type': 'text/plain' })).statusCode).toBe(415);
    const plain = await admin.send('POST', IMPORT, 'hostname,ip_address,platform\nsw1,10.0.0.1,linux\n', {
      'content-type': 'text/csv',
    });
    expect(plain.json()).toEqual({ status: 'imported', count: 1, errors: [] });
    const rows = 'hostname-that-is-rather-long,10.0.0.1\n'.repeat(900_000);
    expect((await csv(`hostname,ip_address\n${rows}`)).statusCode).toBe(413);
  });
});

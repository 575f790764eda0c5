import { SecretBox } from '../../../src/config/secret-box.js';
import { GoldenLookupService } from '../../../src/upgrades/images/golden-lookup.service.js';
import { DeviceLookupService } from '../../../src/upgrades/inventory/device-lookup.service.js';
import { InventoryClient } from './inventory-client.js';

describe('devices as the rest of the domain finds them', () => {
  let admin: InventoryClient;
  let lookup: DeviceLookupService;
  const DEVICES = '/api/dcim/devices/';

  beforeAll(async () => {
    admin = await InventoryClient.start();
    lookup = admin.app.app.get(DeviceLookupService, { strict: false });
  });
  afterAll(() => admin.close());

  it('resolves ids, digits and exact hostnames, each device once, in the order asked', async () => {
    const made = await admin.post(DEVICES, [
      ...['sw1', 'sw2', '12345', 'ünï'].map((hostname) => ({
        hostname,
        ip_address: '10.0.0.1',
        platform: 'simulated',
      })),
    ]);
    const [sw1, sw2, digits, unicode] = made.json<{ ids: number[] }>().ids as [number, number, number, number];
    const asked = ['sw2', String(sw1), sw1, '12345', 'SW1', 'sw1', 'ünï', 2 ** 63, 'a\0', '', 999, '999', 'sw2 '];
    const { devices, unknown } = await lookup.resolve(asked);
    expect(devices.map((device) => device.id)).toEqual([sw2, sw1, digits, unicode]);
    expect(unknown).toEqual(['SW1', 2 ** 63, 'a\0', '', 999, '999', 'sw2 ']);

    // A hostname that is another device's id: the id wins.
    await admin.create(DEVICES, { hostname: String(sw2), ip_address: '10.0.0.1', platform: 'simulated' });
    expect((await lookup.resolve([String(sw2)])).devices.map((device) => device.hostname)).toEqual(['sw2']);
  });

  it('resolves 100,000 names and their golden images with a handful of statements', async () => {
    await admin.sql.query(
      `insert into devices (hostname, ip_address, platform) select 'bulk-' || n, '10.0.0.1', 'simulated' from generate_series(1, 100000) n`,
    );
    const server = await admin.create('/api/images/file-servers/', { name: 's', protocol: 'http', address: 'x' });
    const image = await admin.create('/api/images/images/', {
      filename: 'i-1.0.bin',
      is_remote: true,
      file_server: server.id,
      size_bytes: 1,
    });
    await admin.create('/api/images/golden-images/', { platform: 'simulated', image: image.id });
    const names = Array.from({ length: 100_000 }, (_, index) => `bulk-${100_000 - index}`);
    const { devices, unknown } = await lookup.resolve(names);
    expect([devices.length, unknown.length, devices[0]?.hostname]).toEqual([100_000, 0, 'bulk-100000']);
    const golden = await admin.app.app.get(GoldenLookupService, { strict: false }).resolveMany(devices);
    expect([golden.size, golden.get(devices[4711]?.id ?? 0)?.filename]).toEqual([100_000, 'i-1.0.bin']);
  });

  it('gives drivers the nearest login in clear, and keeps logins together', async () => {
    const key = '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----';
    await admin.post('/api/dcim/global-credentials/', { username: 'global', password: 'g-pass', secret: 'g-secret' });
    await admin.create('/api/dcim/credentials/', {
      name: 'keys',
      username: 'robot',
      private_key: key,
      passphrase: 'open',
    });
    const device = async (hostname: string, more: object) => {
      const { id } = await admin.create(DEVICES, { hostname, ip_address: '10.0.0.2', platform: 'linux', ...more });
      return lookup.connection(id);
    };
    expect(await device('own', { username: 'own', password: ' spaced ', credential: 'keys' })).toMatchObject({
      username: 'own',
      password: ' spaced ',
      privateKey: null,
      secret: 'g-secret',
    });
    expect(await device('by-credential', { username: 'ignored', credential: 'keys' })).toMatchObject({
      username: 'robot',
      password: null,
      privateKey: `${key}\n`,
      passphrase: 'open',
    });
    expect(await device('by-global', {})).toMatchObject({
      username: 'global',
      password: 'g-pass',
      address: '10.0.0.2',
    });
    await expect(lookup.connection(987654)).rejects.toThrow('does not exist');
  });

  it('learns a host key once', async () => {
    const { id } = await admin.create(DEVICES, { hostname: 'learning', ip_address: '10.0.0.3', platform: 'linux' });
    await lookup.learnHostKey(id, 'SHA256:first');
    await lookup.learnHostKey(id, 'SHA256:first');
    await expect(lookup.learnHostKey(id, 'SHA256:second')).rejects.toThrow('host key');
    expect((await admin.get(`${DEVICES}${id}/`)).json()).toMatchObject({ host_key: 'SHA256:first' });
  });

  it('opens secrets with the configured key only', async () => {
    const [row] = await admin.sql.query<{ password: string }[]>('select password from credentials where is_global');
    expect(admin.app.app.get(SecretBox, { strict: false }).decrypt(row?.password ?? '')).toBe('g-pass');
    expect(() => new SecretBox('another key').decrypt(row?.password ?? '')).toThrow('cannot be read');
  });
});

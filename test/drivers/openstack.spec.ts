import { OpenStackDriver } from '../../src/drivers/openstack/openstack-driver.js';
import type { PoolErrorCode, PoolProviderSettings, ServerWish } from '../../src/drivers/pool/pool-provider.js';
import { FakeSshServer, keyPair } from './fake-ssh-server.js';
import { OpenStackBench, TAGS, WISH } from './openstack-bench.js';
import { USER } from './openstack-double.js';

describe('the OpenStack driver', () => {
  let bench: OpenStackBench;

  beforeEach(async () => {
    bench = await OpenStackBench.start();
  });
  afterEach(() => bench.stop());

  describe('log-in', () => {
    it('is one for many calls and providers, and every call takes its turn', async () => {
      const driver = new OpenStackDriver();
      await Promise.all([
        driver.open(bench.settings()).listServers(bench.io()),
        driver.open(bench.settings()).listImages(bench.io()),
        driver.open(bench.settings()).listServers(bench.io()),
      ]);
      expect(bench.cloud.callsTo('POST', /tokens$/)).toHaveLength(1);
      expect(bench.turns).toBe(bench.cloud.calls.length);
      expect(bench.cloud.calls.filter(({ path }) => !path.startsWith('/identity')).map(({ path }) => path)).toEqual(
        expect.arrayContaining(['/compute/v2.1/servers/detail', '/image/v2/images']),
      );
    });

    it.each(['/identity', '/identity/', '/identity/v3', '/identity/v2.0/'])('knows auth-url as %s', async (path) => {
      expect(await bench.open({ authUrl: bench.cloud.url + path }).listServers(bench.io())).toEqual([]);
      expect(bench.cloud.callsTo('POST', /^\/identity\/v3\/auth\/tokens$/)).toHaveLength(1);
    });

    it('takes a project-id that is a name for one', async () => {
      expect(await bench.open({ projectName: null, projectId: USER.project }).listServers(bench.io())).toEqual([]);
      const [login] = bench.cloud.callsTo('POST', /tokens$/);
      expect(JSON.parse(login!.body)).toMatchObject({
        auth: { scope: { project: { name: USER.project, domain: { id: 'default' } } } },
      });
    });

    it('is made anew once when the token is refused, for an upload with the file from its start', async () => {
      const provider = bench.open();
      await provider.listServers(bench.io());
      bench.cloud.tokens.clear();
      expect(await provider.listServers(bench.io())).toEqual([]);
      expect(bench.cloud.callsTo('POST', /tokens$/)).toHaveLength(2);
      bench.cloud.faults.push({ method: 'PUT', path: /file$/, status: 401 });
      const id = await provider.uploadImage(await bench.upload(), bench.io());
      expect(bench.cloud.images.get(id)).toMatchObject({ status: 'active', size: 3_000_000 });
      expect(bench.cloud.callsTo('PUT', /file$/)).toHaveLength(2);
    });

    it('that is refused, or refused again, is an error without the password', async () => {
      expect(await bench.failure(bench.open({ password: 'wrong ☂ word' }).listServers(bench.io()))).toMatchObject({
        code: 'auth',
        retryable: false,
        message: expect.not.stringContaining('wrong ☂ word'),
      });
      bench.cloud.faults.push({
        path: /servers/,
        times: 2,
        status: 401,
        body: `{"error": {"message": "no ${USER.password}"}}`,
      });
      expect(await bench.failure(bench.open().listServers(bench.io()))).toMatchObject({ code: 'auth' });
      expect(bench.cloud.callsTo('GET', /servers/)).toHaveLength(2);
    });

    it('is no longer another caller’s when the one who began it was stopped', async () => {
      const provider = bench.open();
      bench.cloud.faults.push({ path: /tokens/, hang: true });
      const stopped = new AbortController();
      const first = bench.failure(provider.listServers(bench.io(stopped.signal)));
      const second = provider.listServers(bench.io());
      await new Promise((resolve) => setTimeout(resolve, 50));
      stopped.abort();
      expect(await first).toMatchObject({ code: 'aborted' });
      expect(await second).toEqual([]);
    });

    it.each<[string, Partial<PoolProviderSettings>]>([
      ['no password', { password: null }],
      ['no project', { projectName: null }],
      ['no address', { authUrl: null }],
      ['another kind of address', { authUrl: 'file:///etc/passwd' }],
      ['a region without the service', { regionName: 'two' }],
    ])('says what is missing: %s', async (_what, extra) => {
      expect(await bench.failure(bench.open(extra).listServers(bench.io()))).toMatchObject({
        code: 'bad_request',
        retryable: false,
      });
    });
  });

  describe('servers', () => {
    it('are made with the smallest flavor that fits and all that was asked for, and seen on their way up and down', async () => {
      const provider = bench.open();
      const wish = {
        ...WISH,
        az: 'zone 1',
        keypair: 'ci key',
        networks: ['inner net'],
        configDrive: true,
        nameFilter: 'standard',
      };
      const id = await provider.createServer(wish, bench.io());
      const [asked] = bench.cloud.callsTo('POST', /servers$/);
      expect(JSON.parse(asked!.body)).toEqual({
        server: {
          name: 'node-7',
          imageRef: WISH.image,
          flavorRef: 'f2',
          metadata: TAGS,
          min_count: 1,
          max_count: 1,
          config_drive: true,
          availability_zone: 'zone 1',
          key_name: 'ci key',
          networks: [{ uuid: '7d1f6a9e-0000-4000-8000-000000000002' }],
        },
      });
      expect(await provider.getServer(id, bench.io())).toMatchObject({
        status: 'building',
        ip: null,
        az: 'zone 1',
        tags: TAGS,
      });
      expect(await provider.getServer(id, bench.io())).toMatchObject({
        status: 'active',
        ip: '10.0.0.5',
        privateIp: '10.0.0.5',
      });
      await provider.deleteServer(id, bench.io());
      expect(await provider.getServer(id, bench.io())).toMatchObject({ status: 'deleting' });
      expect(await provider.getServer(id, bench.io())).toBeNull();
      await provider.deleteServer(id, bench.io());
    });

    it('get a floating address when they are up, one only, and give it back with their end', async () => {
      const provider = bench.open();
      const id = await provider.createServer({ ...WISH, pool: 'public' }, bench.io());
      expect(await provider.getServer(id, bench.io())).toMatchObject({ status: 'building', ip: null });
      bench.cloud.faults.push({ method: 'POST', path: /floatingips/, cut: 'before' });
      expect(await bench.failure(provider.getServer(id, bench.io()))).toMatchObject({ code: 'unavailable' });
      for (let n = 0; n < 2; n += 1) {
        expect(await provider.getServer(id, bench.io())).toMatchObject({ ip: '203.0.113.1', privateIp: '10.0.0.5' });
      }
      const foreign = { id: 'x', floating_ip_address: '203.0.113.9', port_id: `port-${id}`, description: 'somebody’s' };
      bench.cloud.floatingIps.set('x', foreign);
      await provider.deleteServer(id, bench.io());
      expect([...bench.cloud.floatingIps.values()]).toEqual([foreign]);
    });

    it('that have a public address need none from a pool', async () => {
      bench.cloud.fixedAddress = '198.51.100.7';
      const provider = bench.open();
      const id = await provider.createServer({ ...WISH, pool: 'public' }, bench.io());
      await provider.getServer(id, bench.io());
      expect(await provider.getServer(id, bench.io())).toMatchObject({ ip: '198.51.100.7', privateIp: null });
      expect(bench.cloud.floatingIps.size).toBe(0);
    });

    it('that go wrong say why', async () => {
      bench.cloud.bootError = 'No valid host was found.';
      const provider = bench.open();
      const id = await provider.createServer(WISH, bench.io());
      await provider.getServer(id, bench.io());
      expect(await provider.getServer(id, bench.io())).toMatchObject({
        status: 'error',
        message: 'No valid host was found.',
      });
    });

    it('are listed over all pages, without following a link', async () => {
      bench.cloud.pageSize = 2;
      const provider = bench.open();
      const ids: string[] = [];
      for (let n = 0; n < 5; n += 1) ids.push(await provider.createServer({ ...WISH, name: `n${n}` }, bench.io()));
      expect((await provider.listServers(bench.io())).map(({ id }) => id)).toEqual(ids);
      expect(bench.cloud.callsTo('GET', /servers\/detail/)).toHaveLength(3);
      expect(bench.cloud.callsTo('GET', /flavors\/detail/)).toHaveLength(2);
    });

    it('that stay when they were deleted are still there, and may be deleted again', async () => {
      bench.cloud.ends = 100;
      const provider = bench.open();
      const id = await provider.createServer(WISH, bench.io());
      for (let n = 0; n < 3; n += 1) {
        await provider.deleteServer(id, bench.io());
        expect(await provider.getServer(id, bench.io())).toMatchObject({ status: 'deleting' });
      }
    });

    it.each<[string, Partial<ServerWish>, PoolErrorCode]>([
      ['no flavor is large enough', { minRam: 99_999 }, 'bad_request'],
      ['no flavor has the name', { nameFilter: 'gpu' }, 'bad_request'],
      ['no image has the name', { image: 'nope' }, 'bad_request'],
      ['no network has the name', { networks: ['nope'] }, 'bad_request'],
      ['no image was asked for', { image: null }, 'bad_request'],
      ['the zone is none', { az: 'nowhere' }, 'bad_request'],
    ])('are not made when %s', async (_what, extra, code) => {
      expect(await bench.failure(bench.open().createServer({ ...WISH, ...extra }, bench.io()))).toMatchObject({
        code,
        retryable: false,
      });
      expect(bench.cloud.servers.size).toBe(0);
    });

    it('over the quota are refused as such, and tried again later', async () => {
      bench.cloud.maxServers = 0;
      expect(await bench.failure(bench.open().createServer(WISH, bench.io()))).toMatchObject({
        code: 'quota',
        retryable: true,
        message: expect.stringContaining('Quota exceeded for instances'),
      });
    });

    it('are reachable when SSH answers with the host key that is expected', async () => {
      const keys = keyPair();
      const ssh = await FakeSshServer.start({ config: { hostKeys: [keys.private] } });
      try {
        const server = (ip: string | null) => ({
          ...{ id: 'x', name: 'x', status: 'active' as const, message: null, privateIp: null, port: null, az: null },
          ...{ ip, tags: {} },
        });
        const provider = bench.open();
        expect(
          await provider.isReachable(server('127.0.0.1'), { port: ssh.port, hostKey: keys.public }, bench.io()),
        ).toBe(true);
        expect(
          await provider.isReachable(server('127.0.0.1'), { port: ssh.port, hostKey: keyPair().public }, bench.io()),
        ).toBe(false);
        expect(await provider.isReachable(server('127.0.0.1'), { port: 1, hostKey: null }, bench.io())).toBe(false);
        expect(await provider.isReachable(server(null), { port: ssh.port, hostKey: null }, bench.io())).toBe(false);
      } finally {
        await ssh.stop();
      }
    });
  });
});

import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { FakeDriver } from '../../../src/drivers/pool/fake/fake-driver.js';
import { PoolDrivers } from '../../../src/drivers/pool/pool-drivers.js';
import type { FakeBehaviour, PoolProvider } from '../../../src/drivers/pool/pool-provider.js';
import { SqlFakeCloudStore } from '../../../src/nodepool/fake-cloud.store.js';
import { makeFolder, providerSettings, serverWish, testIo, until } from '../../drivers/pool-support.js';
import { cloneDatabase, type TestDatabase } from '../../support/database.js';

const TAGS = { nodepool_provider: 'fake-1', nodepool_kind: 'image', nodepool_id: '5' };

describe('the fake cloud', () => {
  let database: TestDatabase;
  let name: string;
  let count = 0;
  const io = testIo();

  beforeAll(async () => {
    database = await cloneDatabase();
  });

  afterAll(() => database.drop());

  beforeEach(() => {
    count += 1;
    name = `fake-${count}`;
  });

  it('keeps its servers through a restart, each provider its own', async () => {
    const id = await open().createServer(serverWish({ az: 'az-1' }), io);
    const server = await until(() => active(open(), id), 'the server is up');
    expect(server).toEqual({
      id,
      name: 'node-1',
      status: 'active',
      message: null,
      ip: 'fake',
      privateIp: 'fake',
      port: null,
      az: 'az-1',
      tags: serverWish().tags,
    });
    expect(await open().listServers(io)).toEqual([server]);
    expect(await open().isReachable(server, { port: null, hostKey: null }, io)).toBe(true);
    expect(await open({}, 'another').listServers(io)).toEqual([]);
    expect(await open({}, 'another').getServer(id, io)).toBeNull();
    await open({}, 'another').deleteServer(id, io);

    await open().deleteServer(id, io);
    await open().deleteServer(id, io);
    expect(await open().getServer(id, io)).toBeNull();
  });

  it('takes its time, and shows a server before the slow call that makes it has returned', async () => {
    const provider = open({ createDelay: 0.3, bootDelay: 0, deleteDelay: 0.3 });
    const creating = provider.createServer(serverWish(), io);
    const [seen] = await until(async () => {
      const servers = await provider.listServers(io);
      return servers.length > 0 ? servers : false;
    }, 'the server is listed');
    expect(seen).toMatchObject({ tags: serverWish().tags });
    const id = await creating;
    expect(id).toBe(seen?.id);
    await provider.deleteServer(id, io);
    expect(await open().getServer(id, io)).toMatchObject({ status: 'deleting', ip: null });
    await until(async () => (await provider.getServer(id, io)) === null, 'the server is gone');
  });

  it('leaves a server behind when a slow creation is aborted', async () => {
    const abort = new AbortController();
    const provider = open({ createDelay: 600 });
    const creating = provider.createServer(serverWish(), testIo(abort.signal));
    await until(async () => (await provider.listServers(io)).length > 0, 'the server is listed');
    abort.abort();
    await expect(creating).rejects.toMatchObject({ code: 'aborted' });
    expect(await open().listServers(io)).toHaveLength(1);
  });

  it('keeps servers from coming up while creations are paused', async () => {
    const paused = open({ pauseCreates: true, bootDelay: 0 });
    const id = await paused.createServer(serverWish(), io);
    expect(await paused.getServer(id, io)).toMatchObject({ status: 'building', ip: null });
    expect(await open().getServer(id, io)).toMatchObject({ status: 'active', ip: 'fake' });
  });

  it('fails as often as it was told, then heals, over any number of processes', async () => {
    const told = { failCreate: 2, failDelete: 1, failBoot: 1, bootDelay: 0 };
    for (let i = 0; i < 2; i += 1)
      await expect(open(told).createServer(serverWish(), io)).rejects.toMatchObject({ code: 'unavailable' });
    const broken = await open(told).createServer(serverWish(), io);
    expect(await open(told).getServer(broken, io)).toMatchObject({
      status: 'error',
      message: 'No valid host was found',
    });
    const whole = await open(told).createServer(serverWish(), io);
    expect(await open(told).getServer(whole, io)).toMatchObject({ status: 'active' });
    await expect(open(told).deleteServer(whole, io)).rejects.toMatchObject({ code: 'unavailable', retryable: true });
    await open(told).deleteServer(whole, io);
    expect(await open(told).getServer(whole, io)).toBeNull();
    // Switched off and on again, it fails anew.
    await open().deleteServer(whole, io);
    await expect(open(told).deleteServer(broken, io)).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('has limits: quota, its own number of servers, zones, memory', async () => {
    const quota = { code: 'quota', retryable: true };
    await expect(open({ overQuota: true }).createServer(serverWish(), io)).rejects.toMatchObject(quota);
    const provider = open({ maxServers: 3 });
    const tried = await Promise.allSettled(Array.from({ length: 8 }, () => provider.createServer(serverWish(), io)));
    expect(tried.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    expect(await provider.listServers(io)).toHaveLength(3);
    const zoned = open({ zones: ['a'] });
    const bad = { code: 'bad_request', retryable: false };
    await expect(zoned.createServer(serverWish({ az: 'b' }), io)).rejects.toMatchObject(bad);
    await expect(zoned.createServer(serverWish({ minRam: 9000 }), io)).rejects.toMatchObject(bad);
    await zoned.createServer(serverWish({ az: 'a' }), io);
  });

  it('keeps the size and the hash of what was uploaded, and images of servers', async () => {
    const folder = await makeFolder();
    try {
      const file = join(folder.path, 'image.raw');
      await writeFile(file, 'x'.repeat(100_000));
      const wish = { name: 'ubuntu', file, format: 'raw', tags: TAGS };
      await expect(open({ failUpload: 1 }).uploadImage(wish, io)).rejects.toMatchObject({ code: 'unavailable' });
      const id = await open({ failUpload: 1 }).uploadImage(wish, io);
      const image = await until(async () => {
        const found = await open().getImage(id, io);
        return found?.status === 'active' ? found : false;
      }, 'the image can be used');
      expect(image).toEqual({ id, name: 'ubuntu', status: 'active', message: null, tags: TAGS });
      const [row] = await new SqlFakeCloudStore(database.dataSource).listImages(name);
      const sha256 = createHash('sha256').update('x'.repeat(100_000)).digest('hex');
      expect(row).toMatchObject({ sizeBytes: 100_000, sha256 });
      const nowhere = { ...wish, file: join(folder.path, 'nowhere') };
      await expect(open().uploadImage(nowhere, io)).rejects.toMatchObject({ code: 'bad_request' });

      const server = await open().createServer(serverWish(), io);
      const snapshot = await open().snapshotServer(server, 'snap', TAGS, io);
      await expect(open().snapshotServer('none', 'snap', TAGS, io)).rejects.toMatchObject({ code: 'not_found' });
      await open().deleteImage(id, io);
      await open().deleteImage(id, io);
      expect((await open().listImages(io)).map((one) => one.id)).toEqual([snapshot]);
    } finally {
      await folder.remove();
    }
  });

  it('waits for its turn before every call, and notes each', async () => {
    const waiting = testIo();
    const provider = open();
    const id = await provider.createServer(serverWish(), waiting);
    await provider.getServer(id, waiting);
    await provider.listServers(waiting);
    await provider.deleteServer(id, waiting);
    expect(waiting.turns).toHaveLength(4);
    const calls: { call: string; subject: string | null }[] = await database.dataSource.query(
      'select call, subject from fake_calls where provider_name = $1 order by id',
      [name],
    );
    expect(calls.map(({ call, subject }) => [call, subject])).toEqual([
      ['create-server', 'node-1'],
      ['get-server', id],
      ['list-servers', null],
      ['delete-server', id],
    ]);
  });

  it('is only opened by its name, and says each time a provider first uses it that it is no cloud', () => {
    const warned = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    try {
      const drivers = new PoolDrivers([new FakeDriver(new SqlFakeCloudStore(database.dataSource))]);
      drivers.open(providerSettings({ name: 'f', driver: 'fake' }));
      drivers.open(providerSettings({ name: 'f', driver: 'fake' }));
      drivers.open(providerSettings({ name: 'g', driver: 'fake' }));
      expect(warned.mock.calls.map(([text]) => String(text))).toEqual([
        'The provider f uses the driver "fake": it starts no servers and stores no images',
        'The provider g uses the driver "fake": it starts no servers and stores no images',
      ]);
      expect(() => drivers.open(providerSettings({ driver: 'local' }))).toThrow('no driver named local');
    } finally {
      warned.mockRestore();
    }
  });

  function open(fake: FakeBehaviour = {}, provider = name): PoolProvider {
    const settings = providerSettings({ name: provider, driver: 'fake', fake });
    return new FakeDriver(new SqlFakeCloudStore(database.dataSource)).open(settings);
  }

  async function active(provider: PoolProvider, id: string) {
    const server = await provider.getServer(id, io);
    return server?.status === 'active' ? server : false;
  }
});

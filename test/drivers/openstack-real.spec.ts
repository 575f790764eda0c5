import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OpenStackDriver } from '../../src/drivers/openstack/openstack-driver.js';
import type { PoolIo, PoolProvider, PoolProviderSettings } from '../../src/drivers/pool/pool-provider.js';
import { hasGlance, RealGlance } from '../support/real-glance.js';
import { RealKeystone } from '../support/real-keystone.js';

const PASSWORD = 'p:w "ü" ☂';
const TAGS = { nodepool_provider: 'real', nodepool_kind: 'image', nodepool_id: '3' };
const title = hasGlance()
  ? 'the OpenStack driver on a real Keystone and a real Glance'
  : 'the OpenStack driver on a real Keystone and a real Glance (skipped: they are not here; Debian has python3-keystone and python3-glance)';

(hasGlance() ? describe : describe.skip)(title, () => {
  let keystone: RealKeystone;
  let glance: RealGlance;
  let directory: string;
  let turns = 0;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'slipway-openstack-'));
    keystone = await RealKeystone.start();
    await keystone.addUser('pool', PASSWORD, 'member', 'ci');
    glance = await RealGlance.start(keystone);
  }, 240_000);
  afterAll(async () => {
    await glance?.remove();
    await keystone?.remove();
    await rm(directory, { recursive: true, force: true });
  });

  const io = (): PoolIo => ({
    signal: new AbortController().signal,
    log: () => undefined,
    turn: async () => void (turns += 1),
    progress: () => undefined,
  });

  function open(extra: Partial<PoolProviderSettings> = {}): PoolProvider {
    return new OpenStackDriver().open({
      name: 'real',
      driver: 'openstack',
      authUrl: keystone.url,
      username: 'pool',
      password: PASSWORD,
      projectId: 'ci',
      projectName: null,
      userDomain: 'Default',
      projectDomain: 'Default',
      regionName: 'RegionOne',
      apiTimeoutS: 60,
      nodes: [],
      directory,
      fake: {},
      ...extra,
    });
  }

  async function upload(provider: PoolProvider, name: string, bytes: number) {
    const content = randomBytes(bytes);
    const file = join(directory, name);
    await writeFile(file, content);
    const wish = { name, file, format: 'raw', tags: TAGS };
    return { id: await provider.uploadImage(wish, io()), wish, content };
  }

  it('logs in, stores an image, finds it by its tags, and deletes it', async () => {
    const provider = open();
    expect(await provider.listImages(io())).toEqual([]);
    const { id, wish, content } = await upload(provider, 'disk é', 20_000_000);
    const image = { id, name: 'disk é', status: 'active', message: null, tags: TAGS };
    expect(await provider.getImage(id, io())).toEqual(image);
    expect(await provider.listImages(io())).toEqual([image]);
    // What Glance keeps is what was sent.
    const stored = await readFile(glance.fileOf(id));
    expect(createHash('sha256').update(stored).digest('hex')).toBe(createHash('sha256').update(content).digest('hex'));
    expect(await provider.uploadImage(wish, io())).toBe(id);
    await provider.deleteImage(id, io());
    await provider.deleteImage(id, io());
    expect(await provider.getImage(id, io())).toBeNull();
    expect(await provider.listImages(io())).toEqual([]);
    expect(turns).toBeGreaterThan(8);
  }, 120_000);

  it('reads a list of more pages than one: this Glance gives two images a page', async () => {
    const provider = open();
    const admin = { 'x-auth-token': await keystone.token('pool', PASSWORD, 'ci') };
    for (let n = 0; n < 5; n += 1) {
      const body = JSON.stringify({ name: `p${n}`, disk_format: 'raw', container_format: 'bare' });
      const headers = { ...admin, 'content-type': 'application/json' };
      expect((await fetch(`${glance.url}/v2/images`, { method: 'POST', headers, body })).status).toBe(201);
    }
    expect((await provider.listImages(io())).map(({ name, status }) => [name, status]).sort()).toEqual([
      ['p0', 'building'],
      ['p1', 'building'],
      ['p2', 'building'],
      ['p3', 'building'],
      ['p4', 'building'],
    ]);
  }, 120_000);

  it('logs in anew when its token was taken back', async () => {
    const provider = open();
    await provider.listImages(io());
    const session = await keystone.adminToken();
    // All tokens of the user end with a new password; the settings are the same again afterwards.
    const { body } = await keystone.call('GET', '/v3/users?name=pool', undefined, { 'x-auth-token': session });
    const [{ id }] = body?.['users'] as [{ id: string }];
    for (const password of ['another', PASSWORD]) {
      await keystone.call('PATCH', `/v3/users/${id}`, { user: { password } }, { 'x-auth-token': session });
    }
    expect(await provider.listImages(io())).toHaveLength(5);
  }, 120_000);

  it('says that a log-in is refused, and where the cloud has no such service', async () => {
    const wrong = open({ password: 'wrong' }).listImages(io());
    await expect(wrong).rejects.toMatchObject({ code: 'auth', message: expect.stringMatching(/^POST .*: 401, /) });
    await expect(open().listServers(io())).rejects.toMatchObject({
      code: 'bad_request',
      message: `The cloud's catalog has no public endpoint of type compute in the region RegionOne`,
    });
  }, 120_000);
});

import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findSshd, OpenSsh } from '../support/open-ssh.js';
import { FleetApi, type Watched } from './fleet-api.js';

const sshd = findSshd();
const whenSshd = sshd === null ? describe.skip : describe;

whenSshd(`a Linux host on a real OpenSSH server (${sshd ?? 'skipped: no sshd on this machine'})`, () => {
  const bytes = randomBytes(5_000_000);
  let api: FleetApi;
  let ssh: OpenSsh;
  let image: number;
  let workflow: number;
  let count = 0;

  beforeAll(async () => {
    api = await FleetApi.start({ config: { role: 'all' } });
    ssh = await OpenSsh.start(sshd ?? '');
    image = await api.upload('app-2.0.bin', bytes, { version: '2.0', platform: 'linux' });
    workflow = await api.addWorkflow('quick');
  });
  afterAll(async () => {
    await ssh.stop();
    await api.close();
  });

  async function addHost(changes: Record<string, unknown> = {}): Promise<{ device: number; directory: string }> {
    count += 1;
    const directory = join(ssh.directory, `host${count}`);
    await mkdir(directory);
    const device = await api.addDevice({
      hostname: `host${count}`,
      ip_address: '127.0.0.1',
      port: ssh.port,
      platform: 'linux',
      username: ssh.username,
      private_key: ssh.privateKey,
      remote_dir: directory,
      ...changes,
    });
    return { device, directory };
  }

  async function upgrade(device: number): Promise<Watched> {
    const { job_ids: ids } = await api.trigger({ devices: [device], image_id: image, workflow_id: workflow });
    return (await api.watch(ids))[0]!;
  }

  it('gets the image, and current points at it', async () => {
    const { device, directory } = await addHost();
    const watched = await upgrade(device);
    expect(watched.job).toMatchObject({ status: 'success', progress: 100, error: null });
    expect(await readlink(join(directory, 'current'))).toBe('app-2.0.bin');
    const hash = createHash('sha512')
      .update(await readFile(join(directory, 'current')))
      .digest('hex');
    expect(hash).toBe(createHash('sha512').update(bytes).digest('hex'));
    expect(await api.device(device)).toMatchObject({ version: '2.0', host_key: ssh.fingerprint });
    const again = await upgrade(device);
    expect(again.job.steps.map(({ status }) => status)).toEqual(['success', 'skipped', 'skipped', 'skipped']);
    const told = JSON.stringify([await api.log(watched.job.id), await api.device(device), watched]);
    expect(told).not.toContain('PRIVATE KEY');
  });

  it('runs the commands of its model: activate, and verify must print the version', async () => {
    const model = await api.done<{ id: number }>('POST', '/api/dcim/device-models/', {
      name: 'appliance',
      default_image: image,
      commands: {
        activate: 'echo 2.0 > "$SLIPWAY_DIR/installed"; echo "$SLIPWAY_IMAGE" >> "$SLIPWAY_DIR/runs"',
        verify: 'cat "$SLIPWAY_DIR/installed"',
      },
    });
    const { device, directory } = await addHost({ model_id: model.id });
    await writeFile(join(directory, 'installed'), '1.0\n');
    const { job_ids: ids } = await api.trigger({ devices: [device], workflow_id: workflow });
    const [watched] = await api.watch(ids);
    expect(watched!.job).toMatchObject({ status: 'success', error: null });
    expect((await readFile(join(directory, 'runs'), 'utf8')).trim().split('\n')).toHaveLength(1);
    expect((await api.device(device)).version).toBe('2.0');
  });

  it('fails when verify prints another version', async () => {
    const model = await api.done<{ id: number }>('POST', '/api/dcim/device-models/', {
      name: 'stubborn',
      commands: { activate: 'true', verify: 'echo 1.0' },
    });
    const { device } = await addHost({ model_id: model.id });
    const watched = await upgrade(device);
    expect(watched.job).toMatchObject({ status: 'failed', current_step: 'Activation' });
    expect(watched.job.error).toContain('version mismatch');
    expect((await api.device(device)).version).not.toBe('2.0');
  });

  it('says that the key was refused', async () => {
    const { device } = await addHost({ username: 'nobody-known' });
    const watched = await upgrade(device);
    expect(watched.job).toMatchObject({ status: 'failed', current_step: 'Readiness Check' });
    expect(watched.job.error).toMatch(/authentication|refused|log.?in/i);
  });
});

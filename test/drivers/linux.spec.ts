import { createHash, randomBytes } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { Device, DeviceImage, DeviceSession, DriverError } from '../../src/drivers/device-driver.js';
import { LinuxDriver } from '../../src/drivers/linux/linux-driver.js';
import { findSshd, OpenSsh } from '../support/open-ssh.js';
import { CuttingProxy } from './cutting-proxy.js';
import { canMount, fillDisk, mountSmallDisk, unmount } from './small-disk.js';
import { deviceAt, keyPair, RecordingIo } from './fake-ssh-server.js';

const sshd = findSshd();
const whenSshd = sshd === null ? describe.skip : describe;
const whenMountable = canMount() ? it : it.skip;
const MB = 1024 * 1024;

whenSshd(`LinuxDriver on a real OpenSSH server (${sshd ?? 'skipped: no sshd on this machine'})`, () => {
  let ssh: OpenSsh;
  let proxy: CuttingProxy;
  let directory: string;
  let io: RecordingIo;
  let device: Device;
  let session: DeviceSession | undefined;
  let counter = 0;

  beforeAll(async () => {
    ssh = await OpenSsh.start(sshd ?? '');
    proxy = await CuttingProxy.start(ssh.port);
  });
  afterAll(async () => {
    await proxy.stop();
    await ssh.stop();
  });

  beforeEach(() => {
    counter += 1;
    directory = join(ssh.directory, `images ${counter}`);
    io = new RecordingIo();
    proxy.reset();
    device = deviceAt(proxy.port, {
      username: ssh.username,
      password: null,
      privateKey: ssh.privateKey,
      remoteDir: directory,
      hostKeyPolicy: 'strict',
      hostKey: ssh.fingerprint,
    });
  });
  afterEach(async () => {
    await session?.close();
    session = undefined;
  });

  async function open(more: Partial<Device> = {}): Promise<DeviceSession> {
    await session?.close();
    session = await new LinuxDriver().open({ ...device, ...more }, io);
    return session;
  }

  const inDirectory = (name: string) => join(directory, name);
  const failure = (work: Promise<unknown>) =>
    work.then(
      () => Promise.reject(new Error('it did not fail')),
      (error: DriverError) => error,
    );

  describe('transfer', () => {
    const large = randomBytes(64 * MB);

    it('pushes 64 MB with at least ten steps of progress; the file is the same', async () => {
      const image = imageOf('large.bin', '2.0', large);
      await (await open()).transfer(image);
      expect(await sha512(inDirectory('large.bin'))).toBe(image.sha512);
      expect(new Set(io.progressed.map(([done]) => done)).size).toBeGreaterThanOrEqual(10);
      expect(io.progressed.map(([done]) => done)).toEqual(
        [...io.progressed.map(([done]) => done)].sort((a, b) => a - b),
      );
      expect(io.progressed.at(-1)).toEqual([large.length, large.length]);
      expect((await readdir(directory)).filter((name) => name.endsWith('.part'))).toEqual([]);
    });

    it('cut at 30 %, resumes without sending the beginning again', async () => {
      const image = imageOf('large.bin', '2.0', large);
      proxy.reset(0.3 * large.length);
      const error = await failure((await open()).transfer(image));
      expect([error.code, error.retryable]).toEqual(['transfer_interrupted', true]);
      const kept = (await lstat(inDirectory('large.bin.part'))).size;
      expect(kept).toBeGreaterThan(0.2 * large.length);

      proxy.reset();
      await (await open()).transfer(image);
      expect(proxy.sent).toBeGreaterThan(large.length - kept);
      expect(proxy.sent).toBeLessThan((large.length - kept) * 1.02 + 100_000);
      expect(await sha512(inDirectory('large.bin'))).toBe(image.sha512);
      expect(io.lines.join('\n')).toContain('Resuming large.bin');
    });

    it('starts over when the partial file is not the beginning of this image', async () => {
      const image = imageOf('app.bin', '2.0', randomBytes(2 * MB));
      await mkdir(directory);
      await writeFile(inDirectory('app.bin.part'), randomBytes(MB));
      await (await open()).transfer(image);
      expect(await sha512(inDirectory('app.bin'))).toBe(image.sha512);
    });

    it('sends nothing when the image is there already, and replaces a corrupt file of the same size', async () => {
      const image = imageOf('app.bin', '2.0', randomBytes(4 * MB));
      await (await open()).transfer(image);
      proxy.reset();
      await (await open()).transfer(image);
      expect(proxy.sent).toBeLessThan(MB);
      expect(io.lines.join('\n')).toContain('already there');

      await writeFile(inDirectory('app.bin'), randomBytes(4 * MB));
      expect(await (await open()).hasImage(image)).toBe(false);
      await session?.transfer(image);
      expect(await sha512(inDirectory('app.bin'))).toBe(image.sha512);
      expect(await session?.hasImage(image)).toBe(true);
    });

    it('refuses an image whose hash is not the recorded one, and leaves what was there', async () => {
      const image = { ...imageOf('app.bin', '2.0', Buffer.from('new bytes')), sha512: 'ab'.repeat(64) };
      await mkdir(directory);
      await writeFile(inDirectory('app.bin'), 'old bytes');
      const error = await failure((await open()).transfer(image));
      expect(error.code).toBe('checksum_mismatch');
      expect(await readFile(inDirectory('app.bin'), 'utf8')).toBe('old bytes');
      expect(await readdir(directory)).not.toContain('app.bin.part');
    });

    it('checks by md5 where the record has nothing better, and by its own hash where it has none', async () => {
      const body = Buffer.from('small image');
      const md5 = createHash('md5').update(body).digest('hex');
      const bare = { ...imageOf('bare.bin', '2.0', body), sha512: null };
      await (await open()).transfer(bare);
      expect(await session?.hasImage(bare)).toBe(true);
      expect(await session?.hasImage({ ...bare, md5 })).toBe(true);
      expect(await session?.hasImage({ ...bare, md5: 'ab'.repeat(16) })).toBe(false);
    });

    whenMountable(
      'tells a disk that fills up during the copy, with the numbers, and does not leave it full',
      async () => {
        await mkdir(directory);
        mountSmallDisk(directory);
        try {
          io.onProgress = (done) => done > MB && fillDisk(inDirectory('filler'));
          const error = await failure((await open()).transfer(imageOf('app.bin', '2.0', randomBytes(6 * MB))));
          expect(error.code).toBe('no_space');
          expect(error.message).toMatch(/needs \d+ bytes .* free are \d+/);
          expect(await readdir(directory)).not.toContain('app.bin.part');
        } finally {
          await session?.close();
          unmount(directory);
        }
      },
    );

    it('stops promptly when aborted, and a stored image that cannot be read is an interrupted copy', async () => {
      const image = imageOf('large.bin', '2.0', large);
      io.onProgress = () => io.controller.abort();
      expect((await failure((await open()).transfer(image))).code).toBe('aborted');
      io = new RecordingIo();
      const unreadable = {
        ...image,
        filename: 'x.bin',
        read: () => Readable.from(failingAfter(large.subarray(0, MB))),
      };
      expect((await failure((await open()).transfer(unreadable))).code).toBe('transfer_interrupted');
      const short = { ...image, filename: 'y.bin', read: () => Readable.from([large.subarray(0, MB)]) };
      expect((await failure((await open()).transfer(short))).message).toContain(`not ${large.length}`);
    });
  });

  describe('secrets', () => {
    it('are in no message and no log line, also when a command prints them', async () => {
      const password = 'opens-every-door';
      const wrong = keyPair();
      const error = await failure(open({ password, privateKey: wrong.private }));
      expect(error.code).toBe('auth_failed');
      const commands = {
        activate: `echo ${password}; echo ${password} >&2; exit 4`,
        verify: `echo ${password}; echo 1`,
      };
      const image = imageOf('app.bin', '2.0', Buffer.from('x'));
      await (await open({ password, commands })).transfer(image);
      const baseline = await session?.baseline(image);
      const failed = await failure(session?.activate(image, baseline!, async () => undefined) ?? Promise.resolve());
      const snapshot = await session?.snapshot({ env: `echo ${password}` });
      const everything = [error.message, failed.message, ...io.lines, JSON.stringify(snapshot)].join('\n');
      expect(everything).toContain('exit code 4');
      expect(everything).not.toContain(password);
      expect(everything).not.toContain(wrong.private.split('\n')[2]);
    });
  });

  describe('readiness and clean-up', () => {
    it('names what holds, makes the directory, and refuses an image that does not fit with the numbers', async () => {
      const checks = await (
        await open()
      ).readiness(imageOf('app.bin', '2.0', Buffer.from('x')), { cleanupFlash: false });
      expect(Object.fromEntries(checks.map(({ name, status }) => [name, status]))).toEqual({
        login: 'pass',
        identity: 'warning',
        directory: 'pass',
        'hash tool': 'pass',
        activation: 'pass',
        space: 'pass',
      });
      const huge = { ...imageOf('huge.bin', '2.0', Buffer.from('x')), sizeBytes: 1e15 };
      const space = (await session?.readiness(huge, { cleanupFlash: true }))?.find(({ name }) => name === 'space');
      expect(space?.status).toBe('fail');
      expect(space?.message).toContain('1100000000000000 bytes needed');
      expect((await failure(session!.transfer(huge))).code).toBe('no_space');
    });

    it('tells a directory that cannot be made', async () => {
      await mkdir(directory);
      await writeFile(inDirectory('file'), '');
      const checks = await (
        await open({ remoteDir: inDirectory('file') })
      ).readiness(imageOf('a.bin', '1', Buffer.from('x')), { cleanupFlash: false });
      expect(checks.find(({ name }) => name === 'directory')?.status).toBe('fail');
    });

    it('removes only images it pushed that are neither current nor the target', async () => {
      const [old, current, target] = ['1.0', '2.0', '3.0'].map((version) =>
        imageOf(`app-${version}.bin`, version, randomBytes(100)),
      );
      await open();
      for (const image of [old!, current!]) await session?.transfer(image);
      const baseline = await session!.baseline(current!);
      await session?.activate(current!, baseline, async () => undefined);
      await writeFile(inDirectory('precious.bin'), 'not ours');
      await writeFile(inDirectory('app-1.0.bin.part'), 'a broken copy');
      expect((await session!.cleanup(target!)).sort()).toEqual(['app-1.0.bin', 'app-1.0.bin.part']);
      expect((await readdir(directory)).filter((name) => !name.startsWith('.')).sort()).toEqual([
        'app-2.0.bin',
        'current',
        'precious.bin',
      ]);
      expect(await session!.cleanup(target!)).toEqual([]);
    });
  });

  describe('activation without a command', () => {
    it('points "current" at the image, tells the state, and goes back', async () => {
      const [one, two] = ['1.0', '2.0'].map((version) => imageOf(`app-${version}.bin`, version, randomBytes(100)));
      await open();
      await session!.transfer(one!);
      await session!.activate(one!, await session!.baseline(one!), async () => undefined);
      await session!.transfer(two!);
      const baseline = await session!.baseline(two!);
      expect(baseline.version).toBe('1.0');
      expect((await session!.activationState(two!, baseline)).state).toBe('untouched');

      const refused = failure(session!.activate(two!, baseline, () => Promise.reject(new Error('not recorded'))));
      expect((await refused).message).toBe('not recorded');
      expect(await readlink(inDirectory('current'))).toBe('app-1.0.bin');

      expect(await session!.activate(two!, baseline, async () => undefined)).toBe('done');
      expect(await readlink(inDirectory('current'))).toBe('app-2.0.bin');
      expect(await session!.activationState(two!, baseline)).toMatchObject({ state: 'active', version: '2.0' });
      expect((await session!.facts()).version).toBe('2.0');

      await session!.rollback(baseline, async () => undefined);
      expect(await session!.activationState(two!, baseline)).toMatchObject({ state: 'untouched', version: '1.0' });
      expect(await readlink(inDirectory('current'))).toBe('app-1.0.bin');
    });

    it('is not active with a damaged image, goes nowhere else unnoticed, and leaves a real directory alone', async () => {
      const image = imageOf('app.bin', '1.0', randomBytes(100));
      await open();
      const error = await failure(session!.activate(image, await session!.baseline(image), async () => undefined));
      expect(error.code).toBe('install_failed');
      await session!.transfer(image);
      const baseline = await session!.baseline(image);
      await session!.activate(image, baseline, async () => undefined);
      await writeFile(inDirectory('app.bin'), randomBytes(100));
      expect((await session!.activationState(image, baseline)).state).toBe('wrong');
      expect((await session!.facts()).version).toBe('unknown');
      await session!.rollback(baseline, async () => undefined);
      expect(await readdir(directory)).not.toContain('current');
      await symlink('elsewhere', inDirectory('current'));
      expect((await session!.activationState(image, baseline)).state).toBe('wrong');

      const other = `${directory}-2`;
      await mkdir(join(other, 'current'), { recursive: true });
      await open({ remoteDir: other });
      await session!.transfer(image);
      expect((await failure(session!.activate(image, baseline, async () => undefined))).message).toContain(
        'is not a link',
      );
    });
  });

  describe('activation by commands', () => {
    const commands = {
      activate:
        'cp "$SLIPWAY_IMAGE" "$SLIPWAY_DIR/app" && echo "$SLIPWAY_VERSION" > "$SLIPWAY_DIR/version" && echo installed $SLIPWAY_FILENAME',
      verify: 'cat "$SLIPWAY_DIR/version"',
      rollback: 'echo "$SLIPWAY_VERSION" > "$SLIPWAY_DIR/version"',
    };
    const image = imageOf('app.bin', '17.09.04a', randomBytes(1000));

    async function ready(more: Device['commands'] = {}, before = '17.6.5') {
      await mkdir(directory);
      await writeFile(inDirectory('version'), `${before}\n`);
      await open({ commands: { ...commands, ...more } });
      await session!.transfer(image);
      return session!.baseline(image);
    }

    it('runs them with the image in the environment, and compares versions by tokens', async () => {
      const baseline = await ready({ verify: 'sed s/17.09.04a/17.9.4a/ "$SLIPWAY_DIR/version"' });
      expect(baseline.version).toBe('17.6.5');
      expect((await session!.activationState(image, baseline)).state).toBe('untouched');
      expect(await session!.activate(image, baseline, async () => undefined)).toBe('done');
      expect(io.lines).toContain('installed app.bin');
      expect(await session!.activationState(image, baseline)).toMatchObject({ state: 'active', version: '17.9.4a' });
      expect(await session!.rollback(baseline, async () => undefined)).toBe('done');
      expect(await session!.activationState(image, baseline)).toMatchObject({ state: 'untouched', version: '17.6.5' });
    });

    it('asks the host when a command reports an error although it did the work', async () => {
      const baseline = await ready({ activate: `${commands.activate}; echo sorry >&2; exit 9` });
      const error = await failure(session!.activate(image, baseline, async () => undefined));
      expect(error.code).toBe('install_failed');
      expect(error.message).toMatch(/exit code 9.*sorry/s);
      expect((await session!.activationState(image, baseline)).state).toBe('active');
    });

    it('tells a command that failed, and one that left another version', async () => {
      const baseline = await ready({ activate: 'exit 3' });
      await failure(session!.activate(image, baseline, async () => undefined));
      expect(await session!.activationState(image, baseline)).toMatchObject({
        state: 'wrong',
        version: '17.6.5',
        message: expect.stringContaining('exit code 3'),
      });
      await open({ commands: { ...commands, activate: 'echo 17.9.4 > "$SLIPWAY_DIR/version"' } });
      const second = await session!.baseline(image);
      await session!.activate(image, second, async () => undefined);
      expect(await session!.activationState(image, second)).toMatchObject({
        state: 'wrong',
        message: expect.stringMatching(/mismatch/),
      });
    });

    it('lets a command outlive the connection, knows that it runs, and how it ended', async () => {
      const slow =
        'echo x >> "$SLIPWAY_DIR/runs"; : > "$SLIPWAY_DIR/begun"; while [ ! -e "$SLIPWAY_DIR/go" ]; do sleep 0.05; done; ';
      const baseline = await ready({ activate: slow + commands.activate });
      const running = session!.activate(image, baseline, async () => undefined);
      await until(async () => (await readdir(directory)).includes('begun'));
      proxy.cut();
      expect(await running).toBe('reloading');
      const device = { commands: { ...commands, activate: slow + commands.activate } };
      await open(device);
      expect((await session!.activationState(image, baseline)).state).toBe('in_progress');
      expect((await failure(session!.baseline(image))).code).toBe('install_failed');
      expect((await failure(session!.activate(image, baseline, async () => undefined))).code).toBe('install_failed');
      await writeFile(inDirectory('go'), '');
      await until(async () => (await session!.activationState(image, baseline)).state !== 'in_progress');
      expect((await session!.activationState(image, baseline)).state).toBe('active');
      expect(await readFile(inDirectory('runs'), 'utf8')).toBe('x\n');
    });

    it('takes a command that was killed as "going down", not as done', async () => {
      const baseline = await ready({ activate: `${commands.activate}; kill -9 $PPID` });
      await session!.activate(image, baseline, async () => undefined).catch(() => undefined);
      expect((await session!.activationState(image, baseline)).state).toBe('in_progress');
    });

    it('waits for the reboot where the workflow says there is one', async () => {
      const baseline = await ready();
      await session!.activate(image, baseline, async () => undefined);
      io = new RecordingIo({ name: 'activation', config: { expect_reboot: true } });
      await open({ commands });
      expect((await session!.activationState(image, baseline)).state).toBe('in_progress');
      const booted = JSON.stringify({ ...JSON.parse(baseline.rollbackPoint ?? '{}'), bootId: 'an earlier boot' });
      expect(await session!.activationState(image, { ...baseline, rollbackPoint: booted })).toMatchObject({
        state: 'active',
        message: expect.stringContaining('after a reboot'),
      });
    });

    it('checks link and hash where there is no verify command', async () => {
      const baseline = await ready({ verify: undefined });
      expect((await session!.activationState(image, baseline)).state).toBe('untouched');
      await session!.activate(image, baseline, async () => undefined);
      expect(await session!.activationState(image, baseline)).toMatchObject({ state: 'active', version: '17.09.04a' });
      expect((await session!.facts()).version).toBe('17.09.04a');
      await session!.rollback(baseline, async () => undefined);
      expect((await session!.facts()).version).toBe(baseline.version);
      expect((await session!.activationState(image, baseline)).state).toBe('untouched');
      await open({ commands: { activate: commands.activate } });
      expect((await failure(session!.rollback(baseline, async () => undefined))).code).toBe('unsupported');
    });

    it('pastes nothing into a command line', async () => {
      const nasty = { ...image, version: `1'; touch "$SLIPWAY_DIR/pwned"; echo '` };
      const baseline = await ready();
      await session!.activate(nasty, baseline, async () => undefined);
      expect(await readFile(inDirectory('version'), 'utf8')).toBe(`${nasty.version}\n`);
      expect(await readdir(directory)).not.toContain('pwned');
      for (const filename of ['a;b', '../x', '-rf', '$(id)', 'a b', '.', 'a'.repeat(251)]) {
        expect((await failure(session!.transfer({ ...image, filename }))).code).toBe('invalid_name');
      }
      const elsewhere = await open({ remoteDir: '/tmp/$(touch x)' });
      expect((await failure(elsewhere.transfer(image))).code).toBe('invalid_name');
    });
  });

  it('collects check outputs, also of a check that fails', async () => {
    const texts = await (
      await open()
    ).snapshot({ one: 'echo a; echo b', two: 'echo c; exit 2', three: 'nonsense-command' });
    expect(texts['one']).toBe('a\nb\n');
    expect(texts['two']).toBe('c\n[exit code 2: c]\n');
    expect(texts['three']).toContain('exit code 127');
  });

  it('tells the facts of the host', async () => {
    const facts = await (await open()).facts();
    const btime = /^btime (\d+)$/m.exec(await readFile('/proc/stat', 'utf8'))?.[1];
    expect(facts).toMatchObject({ version: 'unknown', bootImage: null, serial: null });
    expect(facts.hostname).not.toBe('');
    expect(Math.abs((facts.bootTime?.getTime() ?? 0) - Number(btime) * 1000)).toBeLessThanOrEqual(20_000);
  });
});

function imageOf(filename: string, version: string, body: Buffer): DeviceImage {
  return {
    filename,
    version,
    sizeBytes: body.length,
    md5: null,
    sha256: null,
    sha512: createHash('sha512').update(body).digest('hex'),
    read: (start) => Readable.from(slices(body.subarray(start))),
    url: null,
  };
}

function* slices(body: Buffer): Generator<Buffer> {
  for (let at = 0; at < body.length; at += 65_536) yield body.subarray(at, at + 65_536);
}

function* failingAfter(body: Buffer): Generator<Buffer> {
  yield* slices(body);
  throw new Error('EIO: i/o error');
}

async function sha512(path: string): Promise<string> {
  return createHash('sha512')
    .update(await readFile(path))
    .digest('hex');
}

/** For what only the other process can tell: asks again until it is so. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error('it did not happen within 15 s');
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import type { Baseline } from '../../src/drivers/device-driver.js';
import { emulatedImage } from '../../src/drivers/emulator/emulated-image.js';
import type { EmulatorOptions } from '../../src/drivers/emulator/emulator-options.js';
import type { IosXeTiming } from '../../src/drivers/iosxe/iosxe-timing.js';
import { Bench, imageOf } from './iosxe-bench.js';

const OLD = '17.06.05';
const NEW = '17.09.04a';
let bench: Bench;

async function start(options: Partial<EmulatorOptions> = {}, timing: Partial<IosXeTiming> = {}): Promise<Bench> {
  bench = await Bench.start(options, timing);
  return bench;
}

const agree = () => Promise.resolve();

afterEach(() => bench.stop());

describe('copies that go wrong', () => {
  const image = imageOf(NEW);

  it.each([
    ['a truncated copy', { truncateCopyAt: 40 }, /checksum mismatch: .* has 80000 bytes, not 200000/],
    ['a corrupt file', { corruptCopy: true }, /checksum mismatch: md5 of .* is [0-9a-f]{32}, not [0-9a-f]{32}/],
  ])('finds and deletes %s', async (_what, faults, message) => {
    const { box } = await start({ faults });
    await bench.with(async (session) => {
      await expect(session.transfer(image)).rejects.toMatchObject({
        code: 'checksum_mismatch',
        retryable: false,
        message: expect.stringMatching(message),
      });
      expect(await session.hasImage(image)).toBe(false);
    });
    expect(box.model.flash.find(image.filename)).toBeNull();
    expect(box.counters.reloads).toBe(0);
  });

  it('copies again what was cut, once what is whole', async () => {
    const { box } = await start({ faults: { dropCopyAt: 50 } });
    await bench.with((session) =>
      expect(session.transfer(image)).rejects.toMatchObject({ code: 'transfer_interrupted', retryable: true }),
    );
    expect(box.model.flash.find(image.filename)?.size).toBeGreaterThan(0);
    await bench.with(async (session) => {
      expect(await session.hasImage(image)).toBe(false);
      await session.transfer(image);
    });
    expect(box.counters.copies).toBe(2);
    await bench.with((session) => session.transfer(image));
    expect(box.counters.copies).toBe(2);
  });

  it('needs the SCP server of the box', async () => {
    await start({ scpServer: false });
    await bench.with(async (session) => {
      const check = (await session.readiness(image, { cleanupFlash: false })).find((one) => one.name === 'transfer');
      expect(check?.status).toBe('fail');
      await expect(session.transfer(image)).rejects.toMatchObject({
        code: 'unsupported',
        message: expect.stringContaining('ip scp server enable'),
      });
    });
  });

  it('checks with sha512 where no md5 is known', async () => {
    await start();
    await bench.with((session) => session.transfer({ ...image, md5: null }));
    expect(bench.log.join('\n')).toContain(`sha512 ${image.sha512}`);
  });

  it('stops a copy at once when it is told to', async () => {
    const { box } = await start();
    const session = await bench.open();
    const { read } = image;
    let transfer: Promise<unknown> = Promise.resolve();
    // Paused: nothing but the abort ends it.
    await new Promise<void>((resolve) => {
      transfer = session.transfer({ ...image, read: (from: number) => (resolve(), read!(from).pause()) });
      transfer.catch(() => undefined);
    });
    bench.abort.abort();
    await expect(transfer).rejects.toMatchObject({ code: 'aborted' });
    await session.close();
    expect(box.counters.reloads).toBe(0);
  });
});

describe('a copy the box pulls', () => {
  let files: Server;
  let requests: (string | undefined)[];

  beforeEach(async () => {
    requests = [];
    files = createServer((request, response) => {
      requests.push(`${request.headers.authorization} ${request.url}`);
      if (!request.url?.startsWith('/images/')) return response.writeHead(404).end();
      const bytes = emulatedImage(NEW, 200_000);
      response.writeHead(200, { 'content-length': bytes.length });
      response.write(bytes.subarray(0, 100_000));
      // The second half comes when the driver has seen the first one grow.
      const timer = setInterval(() => {
        if (bench.progress.length === 0) return;
        clearInterval(timer);
        response.end(bytes.subarray(100_000));
      }, 10);
    }).listen(0, '127.0.0.1');
    await once(files, 'listening');
  });

  afterEach(() => files.close());

  const address = (path: string) =>
    `http://me:s3cret-of-files@127.0.0.1:${(files.address() as AddressInfo).port}${path}`;

  it('fetches the bytes, shows progress by a second session, and hides the login', async () => {
    const { box } = await start();
    bench.config = { copy: 'pull' };
    const image = imageOf(NEW, 200_000, { url: address('/images/a?token=pull-token-1') });
    await bench.with((session) => session.transfer(image));
    const login = Buffer.from('me:s3cret-of-files').toString('base64');
    expect(requests).toEqual([`Basic ${login} /images/a?token=pull-token-1`]);
    expect(await box.model.flash.hash(image.filename, 'md5')).toBe(image.md5);
    expect(bench.progress[0]).toBe(100_000);
    const everything = [...bench.log, ...bench.transcript].join('\n');
    expect(everything).toContain('/images/a?…');
    expect(everything).not.toMatch(/s3cret-of-files|pull-token-1/);
  });

  it('fetches where the box has no SCP server', async () => {
    const { box } = await start({ scpServer: false });
    const image = imageOf(NEW, 200_000, { url: address('/images/a') });
    await bench.with((session) => session.transfer(image));
    expect(await box.model.flash.hash(image.filename, 'md5')).toBe(image.md5);
  });

  it('pulls when only an address is known, and says what the box said', async () => {
    await start();
    const image = imageOf(NEW, 200_000, { url: address('/nothing'), read: null });
    await bench.with((session) =>
      expect(session.transfer(image)).rejects.toMatchObject({
        code: 'command_rejected',
        message: expect.stringContaining('No such file or directory'),
      }),
    );
  });
});

describe('installations that go wrong', () => {
  const image = imageOf(NEW, 20_000);

  async function ready(options: Partial<EmulatorOptions>, timing: Partial<IosXeTiming> = {}): Promise<Baseline> {
    await start(options, timing);
    return bench.with(async (session) => {
      await session.transfer(image);
      return session.baseline(image);
    });
  }

  const sent = (baseline: Baseline): Baseline => ({ ...baseline, sentAt: new Date().toISOString() });
  const state = (baseline: Baseline) => bench.with((session) => session.activationState(image, baseline));

  it.each(['add', 'activate'] as const)('reports the line of an install that fails in %s', async (phase) => {
    const baseline = await ready({ faults: { installFails: { phase, reason: 'Super package is unhappy' } } });
    await bench.with((session) =>
      expect(session.activate(image, baseline, agree)).rejects.toMatchObject({
        code: 'install_failed',
        retryable: false,
        message: '[1]  R0 FAILED: Super package is unhappy',
      }),
    );
    expect(await state(sent(baseline))).toMatchObject({ state: 'untouched', version: OLD });
    expect(bench.box.counters.reloads).toBe(0);
  });

  it('sends nothing when the moment of no return is not granted', async () => {
    const baseline = await ready({});
    await bench.with((session) =>
      expect(session.activate(image, baseline, () => Promise.reject(new Error('no longer mine')))).rejects.toThrow(
        'no longer mine',
      ),
    );
    expect(bench.box.counters).toMatchObject({ installActivates: 0, reloads: 0 });
    expect(await state(baseline)).toMatchObject({ state: 'untouched' });
    expect(bench.box.model.install.operation).toBeNull();
  });

  it('saves a configuration that changed in between, and gives up on one that cannot be saved', async () => {
    const baseline = await ready({});
    bench.box.faults.neverSaved = true;
    await bench.with((session) =>
      expect(session.activate(image, baseline, agree)).rejects.toMatchObject({
        code: 'install_failed',
        message: expect.stringContaining('System configuration has been modified'),
      }),
    );
    bench.box.faults.neverSaved = false;
    bench.box.model.configurationModified = true;
    const back = bench.box.nextReload();
    expect(await bench.with((session) => session.activate(image, baseline, agree))).toBe('reloading');
    await back;
    expect(await state(sent(baseline))).toMatchObject({ state: 'active' });
    expect(bench.box.counters.installAdds).toBe(1);
  });

  it('does not take an image for another version', async () => {
    const baseline = await ready({});
    const mislabelled = { ...image, version: '17.12.01' };
    await bench.with((session) =>
      expect(session.activate(mislabelled, baseline, agree)).rejects.toMatchObject({
        code: 'install_failed',
        message: expect.stringMatching(/installs 17\.09\.04a\S*, expected 17\.12\.01/),
      }),
    );
    expect(bench.box.counters.installActivates).toBe(0);
  });

  it('comes back with the old version: wrong', async () => {
    await start({ faults: { oldVersionAfterReload: true } });
    const baseline = await bench.upgrade(image);
    expect(await state(baseline)).toMatchObject({
      state: 'wrong',
      version: OLD,
      message: expect.stringContaining('version mismatch'),
    });
    expect(bench.box.counters.reloads).toBe(1);
  });

  it('never comes back: unreachable', async () => {
    const baseline = await ready({ faults: { neverBack: true } });
    const session = await bench.open();
    expect(await session.activate(image, baseline, agree)).toBe('reloading');
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        bench.open().then(
          (opened) => opened.close(),
          (error: { code?: string }) => {
            if (error.code !== 'unreachable') return;
            clearInterval(timer);
            resolve();
          },
        );
      }, 50);
    });
    expect(await session.activationState(image, sent(baseline))).toMatchObject({ state: 'in_progress', version: null });
  });

  it('shows the neighbours that did not come back', async () => {
    await start({ faults: { losesNeighbours: ['core-2'] } });
    const before = await bench.with((session) => session.snapshot({}));
    await bench.upgrade(image);
    const after = await bench.with((session) => session.snapshot({}));
    expect(before['neighbors']).toContain('core-2');
    expect(after['neighbors']).not.toContain('core-2');
    expect(after['interfaces']).toBe(before['interfaces']);
  });

  it('activates again after a session that died before the answer', async () => {
    const baseline = await ready({ faults: { dropAtActivation: 'before_answer' } });
    await bench.with(async (session) => {
      const outcome = session.activate(image, baseline, agree);
      await outcome.catch((error: unknown) =>
        expect(error).toMatchObject({ code: 'connection_lost', retryable: true }),
      );
    });
    bench.box.faults.dropAtActivation = null;
    expect(await state(sent(baseline))).toMatchObject({ state: 'untouched' });
    const back = bench.box.nextReload();
    expect(await bench.with((session) => session.activate(image, baseline, agree))).toBe('reloading');
    await back;
    expect(bench.box.counters).toMatchObject({ installAdds: 1, installActivates: 1, reloads: 1 });
  });

  it('takes a session that died after the answer for a reload, and asks until it is one', async () => {
    const baseline = await ready({ faults: { dropAtActivation: 'after_answer' } });
    const back = bench.box.nextReload();
    const hold = () => Promise.resolve(void (bench.box.faults.holdInstall = true));
    expect(await bench.with((session) => session.activate(image, baseline, hold))).toBe('reloading');
    expect(await state(sent(baseline))).toMatchObject({
      state: 'in_progress',
      message: expect.stringContaining('install_activate'),
    });
    bench.box.faults.holdInstall = false;
    await back;
    expect(await state(sent(baseline))).toMatchObject({ state: 'active', version: NEW });
    expect(bench.box.counters).toMatchObject({ installActivates: 1, reloads: 1 });
  });

  it('does not believe an untouched box right after the command was announced', async () => {
    const baseline = await ready({}, { settleMs: 60_000 });
    expect(await state(sent(baseline))).toMatchObject({ state: 'in_progress' });
    expect(await state(baseline)).toMatchObject({ state: 'untouched' });
  });

  it('waits for an operation that an earlier process began, and does not add twice', async () => {
    const baseline = await ready({ faults: { holdInstall: true } });
    const first = await bench.open();
    const cut = expect(first.activate(image, baseline, agree)).rejects.toMatchObject({ code: 'connection_lost' });
    await until(() => bench.box.model.install.operation === 'install_add');
    bench.box.dropSessions();
    await cut;
    expect(await state(baseline)).toMatchObject({ state: 'in_progress' });
    const back = bench.box.nextReload();
    const second = bench.with((session) => session.activate(image, baseline, agree));
    await until(() => bench.log.some((line) => line.startsWith('Waiting for an install operation')));
    bench.box.faults.holdInstall = false;
    expect(await second).toBe('reloading');
    await back;
    expect(bench.box.counters).toMatchObject({ installAdds: 1, installActivates: 1, reloads: 1 });
  });
});

/** Waits for something that shows no event, but not for ever. */
async function until(isSo: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error(`never came true: ${isSo.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe('going back', () => {
  const image = imageOf(NEW, 20_000);

  it('rolls back what is not committed', async () => {
    await start();
    const baseline = await bench.upgrade(image);
    const back = bench.box.nextReload();
    const announced: string[] = [];
    const announce = () => Promise.resolve(void announced.push(bench.box.version));
    expect(await bench.with((session) => session.rollback(baseline, announce))).toBe('reloading');
    await back;
    expect(announced).toEqual([NEW]);
    expect(await bench.with((session) => session.activationState(image, baseline))).toMatchObject({
      state: 'wrong',
      version: OLD,
    });
    expect(await bench.with((session) => session.rollback(baseline, agree))).toBe('done');
    expect(bench.box.counters.reloads).toBe(2);
  });

  it('rolls back what is committed to the point of the baseline', async () => {
    await start();
    const baseline = await bench.upgrade(image);
    expect(baseline.rollbackPoint).toBe('1');
    await bench.with((session) => session.commit(image));
    const back = bench.box.nextReload();
    expect(await bench.with((session) => session.rollback(baseline, agree))).toBe('reloading');
    await back;
    expect(bench.box.version).toBe(OLD);
  });

  it('installs and commits at once where the workflow says so', async () => {
    await start();
    bench.config = { commit: 'immediate' };
    const baseline = await bench.upgrade(image);
    expect(await bench.with((session) => session.activationState(image, baseline))).toMatchObject({
      state: 'active',
      message: `Running ${NEW}`,
    });
    expect(bench.box.model.install.committed?.release).toBe(NEW);
  });

  it('goes back by itself when nobody commits', async () => {
    await start({ autoAbortMinuteMs: 4 });
    const baseline = await bench.upgrade(image);
    await bench.box.nextReload();
    expect(await bench.with((session) => session.activationState(image, baseline))).toMatchObject({
      state: 'wrong',
      version: OLD,
    });
    await bench.with((session) => expect(session.commit(image)).rejects.toMatchObject({ code: 'install_failed' }));
  });
});

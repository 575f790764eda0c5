import type { EmulatorOptions } from '../../src/drivers/emulator/emulator-options.js';
import type { IosXeTiming } from '../../src/drivers/iosxe/iosxe-timing.js';
import { Bench, imageOf, PASSWORD, SECRET } from './iosxe-bench.js';

const OLD = '17.06.05';
const NEW = '17.09.04a';
let bench: Bench;

async function start(options: Partial<EmulatorOptions> = {}, timing: Partial<IosXeTiming> = {}): Promise<Bench> {
  bench = await Bench.start(options, timing);
  return bench;
}

afterEach(() => bench.stop());

describe('an upgrade from 17.06.05 to 17.09.04a', () => {
  it('copies real bytes, verifies them, reloads once, and commits', async () => {
    const { box } = await start();
    const image = imageOf(NEW);
    const checks = await bench.with((session) => session.readiness(image, { cleanupFlash: false }));
    expect(checks.filter((check) => check.status !== 'pass')).toEqual([]);
    const calls: string[] = [];
    const back = box.nextReload();
    const baseline = await bench.with(async (session) => {
      await session.transfer(image);
      expect(await session.hasImage(image)).toBe(true);
      const before = await session.baseline(image);
      const outcome = await session.activate(image, before, () => {
        calls.push(`reloads ${box.counters.reloads} activates ${box.counters.installActivates}`);
        return Promise.resolve();
      });
      expect(outcome).toBe('reloading');
      return { ...before, sentAt: new Date().toISOString() };
    });
    await back;
    expect(calls).toEqual(['reloads 0 activates 0']);
    const state = await bench.with((session) => session.activationState(image, baseline));
    expect(state).toMatchObject({ state: 'active', version: NEW });
    await bench.with((session) => session.commit(image));
    await bench.with((session) => session.commit(image));
    expect(box.model.install.images.map((one) => `${one.state} ${one.release}`)).toEqual([`I ${OLD}`, `C ${NEW}`]);
    expect(box.model.install.abortsAt).toBeNull();
    expect(box.counters).toMatchObject({ reloads: 1, copies: 1, bytesReceived: image.sizeBytes });
    expect(new Set(bench.progress).size).toBeGreaterThan(10);
    const everything = [...bench.log, ...bench.transcript].join('\n');
    expect(everything).toContain('install_activate');
    expect(everything).not.toContain(PASSWORD);
    expect(everything).not.toContain(SECRET);
  });
});

describe('what comes over the line', () => {
  it('survives cut-up output, log messages, keyboard-interactive logins and the pager', async () => {
    const { box } = await start({
      faults: { randomChunks: true, syslogNoise: true },
      authentication: 'keyboard-interactive',
    });
    const image = imageOf(NEW, 60_000);
    const checks = await bench.with((session) => session.readiness(image, { cleanupFlash: false }));
    expect(checks.filter((check) => check.status !== 'pass')).toEqual([]);
    const before = await bench.with((session) => session.snapshot({}));
    const baseline = await bench.upgrade(image);
    const after = await bench.with(async (session) => {
      expect(await session.activationState(image, baseline)).toMatchObject({ state: 'active', version: NEW });
      await session.commit(image);
      expect(await session.facts()).toMatchObject({ hostname: 'sw1', version: NEW, model: 'C9300-24P' });
      return session.snapshot({});
    });
    expect(after).toEqual(before);
    expect(before['neighbors']?.split('\n')).toHaveLength(3);
    expect(before['neighbors']).toContain('core-1');
    expect(box.counters.reloads).toBe(1);
  });

  it('waits for slow output', async () => {
    await start({ faults: { slowOutputMs: 2 } });
    const facts = await bench.with((session) => session.facts());
    expect(facts.serial).toBe(bench.box.options.serial);
  });

  it('tells when the box booted', async () => {
    const bootTime = new Date(Date.now() - 3 * 24 * 3600 * 1000 - 5000);
    await start({ bootTime });
    const facts = await bench.with((session) => session.facts());
    expect(Math.abs((facts.bootTime?.getTime() ?? 0) - bootTime.getTime())).toBeLessThan(20_000);
  });

  it('refuses anything that is not one line, and checks that would change something', async () => {
    await start();
    await bench.with(async (session) => {
      await expect(session.snapshot({ evil: 'show clock\rreload' })).rejects.toMatchObject({
        code: 'command_rejected',
      });
      await expect(session.snapshot({ evil: 'reload' })).rejects.toMatchObject({ code: 'command_rejected' });
      await expect(session.snapshot({ evil: 'show version | redirect flash:x' })).rejects.toMatchObject({
        code: 'command_rejected',
      });
      await expect(session.snapshot({ unknown: 'show nothing at all' })).rejects.toMatchObject({
        code: 'command_rejected',
        message: expect.stringContaining('% Invalid input'),
      });
      const evil = imageOf(NEW, 1000, { filename: 'x.bin\rreload' });
      await expect(session.transfer(evil)).rejects.toMatchObject({ code: 'invalid_name' });
    });
    expect(bench.box.counters.reloads).toBe(0);
  });
});

describe('logging in', () => {
  it('sends no password to a box whose key changed', async () => {
    const { box } = await start();
    const known = box.hostKeyFingerprint;
    box.faults.changedHostKey = true;
    await expect(bench.open({ hostKey: known })).rejects.toMatchObject({ code: 'host_key_mismatch' });
    expect(box.counters).toMatchObject({ passwordsSeen: 0, logins: 0, connections: 1 });
  });

  it('learns a key on the first contact only under tofu', async () => {
    const { box } = await start();
    await expect(bench.open({ hostKey: null, hostKeyPolicy: 'strict' })).rejects.toMatchObject({
      code: 'host_key_unknown',
    });
    expect(box.counters.passwordsSeen).toBe(0);
    await bench.with((session) => session.transfer(imageOf(NEW, 1000)), { hostKey: null });
    expect(bench.learned).toEqual([box.hostKeyFingerprint]);
  });

  it('says what was refused: login, enable secret, missing secret', async () => {
    const { box } = await start();
    await expect(bench.open({ password: 'wrong-password' })).rejects.toMatchObject({
      code: 'auth_failed',
      retryable: false,
    });
    await expect(bench.open({ secret: 'wrong-secret' })).rejects.toMatchObject({ code: 'auth_failed' });
    await expect(bench.open({ secret: null })).rejects.toMatchObject({
      message: expect.stringContaining('none is stored'),
    });
    expect(bench.transcript.join('')).not.toContain('wrong-secret');
    box.faults.rejectPassword = true;
    await expect(bench.open()).rejects.toMatchObject({ code: 'auth_failed' });
  });

  it('meets an old box only where old algorithms are allowed', async () => {
    await start({ legacyAlgorithms: true });
    await expect(bench.open()).rejects.toMatchObject({ code: 'unsupported' });
    const facts = await bench.with((session) => session.facts(), { legacyAlgorithms: true });
    expect(facts.version).toBe(OLD);
  });

  it('is unreachable while nothing listens', async () => {
    const { box } = await start();
    await box.stop();
    await expect(bench.open()).rejects.toMatchObject({ code: 'unreachable', retryable: true });
  });
});

describe('readiness', () => {
  const failed = async (options: Partial<EmulatorOptions>, changes = {}) => {
    await start(options);
    const checks = await bench.with((session) => session.readiness(imageOf(NEW), { cleanupFlash: false }), changes);
    return checks.filter((check) => check.status === 'fail').map((check) => `${check.name}: ${check.message}`);
  };

  it('finds the wrong box by its serial number', async () => {
    expect(await failed({}, { serial: 'FOC0000XXXX' })).toEqual([expect.stringMatching(/^identity: Wrong device/)]);
  });

  it('refuses bundle mode', async () => {
    expect(await failed({ bootMode: 'bundle' })).toEqual([expect.stringMatching(/^boot: .*bundle mode/)]);
  });

  it('refuses a box whose last installation is not committed', async () => {
    await start();
    await bench.upgrade(imageOf(NEW, 1000));
    const checks = await bench.with((session) => session.readiness(imageOf('17.12.01', 1000), { cleanupFlash: false }));
    expect(checks).toContainEqual({
      name: 'install state',
      status: 'fail',
      message: expect.stringContaining('17.09.04a'),
    });
  });

  it('names the bytes that are missing, and frees what is inactive', async () => {
    const { box } = await start({ faults: { noSpace: 'inactive', noSpaceFreeBytes: 100_000 } });
    const image = imageOf(NEW);
    await bench.with(async (session) => {
      const space = (await session.readiness(image, { cleanupFlash: false })).find((check) => check.name === 'space');
      expect(space).toEqual({
        name: 'space',
        status: 'fail',
        message: expect.stringMatching(/100000 bytes free on flash:, 500000 needed/),
      });
      await expect(session.transfer(image)).rejects.toMatchObject({ code: 'no_space' });
      const warned = (await session.readiness(image, { cleanupFlash: true })).find((check) => check.name === 'space');
      expect(warned?.status).toBe('warning');
      expect(await session.cleanup(image)).toEqual(['cat9k_iosxe.16.12.04.SPA.bin']);
      const freed = (await session.readiness(image, { cleanupFlash: false })).find((check) => check.name === 'space');
      expect(freed?.status).toBe('pass');
      expect(await session.cleanup(image)).toEqual([]);
    });
    const left = box.model.flash.list().map((file) => file.name);
    expect(left).toEqual(['packages.conf', 'vlan.dat', `cat9k-rpbase.${OLD}.SPA.pkg`, `cat9k-rpboot.${OLD}.SPA.pkg`]);
  });

  it('keeps an image that was copied already when it cleans up', async () => {
    const { box } = await start({ inactive: [{ version: '16.12.04', sizeBytes: 5000 }] });
    const image = imageOf(NEW);
    const removed = await bench.with(async (session) => {
      await session.transfer(image);
      return session.cleanup(image);
    });
    expect(removed).toEqual(['cat9k-rpbase.16.12.04.SPA.pkg', 'cat9k-rpboot.16.12.04.SPA.pkg']);
    expect(box.model.flash.find(image.filename)?.size).toBe(image.sizeBytes);
  });
});

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

import type { EmulatorCounters } from '../../src/drivers/emulator/emulator-options.js';
import { EmulatedSwitch } from '../../src/drivers/emulator/emulated-switch.js';
import { countAsDead } from '../support/dead-workers.js';
import type { ServerProcess } from '../support/server-process.js';
import { FleetApi, NEW_VERSION } from './fleet-api.js';
import { startWorkerProcess } from './worker-process.js';

const SIZE = 24_000_000;

interface Holder {
  readonly pid: number;
  readonly attempt: number;
}

/** Acts in the very moment when a counter reaches a value, before the emulator does anything more. */
function when(counters: EmulatorCounters, name: keyof EmulatorCounters, value: number, act: () => void): void {
  let current = counters[name];
  let acted = false;
  Object.defineProperty(counters, name, {
    get: () => current,
    set(next: number) {
      current = next;
      if (acted || next < value) return;
      acted = true;
      act();
    },
  });
}

/**
 * Acceptance case 21 with real processes: the switches live in this process, so what was done to them is known exactly
 * whatever happens to the workers.
 */
describe('kill -9 of the worker', () => {
  let api: FleetApi;
  let image: number;
  let workflow: number;
  let workers: ServerProcess[] = [];
  const boxes: EmulatedSwitch[] = [];

  beforeAll(async () => {
    api = await FleetApi.start();
    image = await api.uploadIosXe(SIZE);
    workflow = await api.addWorkflow('quick');
  });
  beforeEach(async () => {
    workers = workers.filter(({ process }) => process.signalCode === null);
    const missing = Array.from({ length: 2 - workers.length }, () => startWorkerProcess(api.app));
    workers.push(...(await Promise.all(missing)));
  });
  afterEach(async () => {
    for (const box of boxes.splice(0)) await box.stop();
  });
  afterAll(async () => {
    await Promise.all(workers.map((worker) => worker.end('SIGKILL')));
    await api.close();
  });

  async function addBox(hostname: string, reloadMs = 1_500): Promise<{ box: EmulatedSwitch; device: number }> {
    const box = await EmulatedSwitch.start({ hostname, reloadMs });
    boxes.push(box);
    return { box, device: await api.addSwitch(box) };
  }

  async function start(device: number): Promise<number> {
    const { job_ids: ids } = await api.trigger({ devices: [device], image_id: image, workflow_id: workflow });
    return ids[0]!;
  }

  /** The process that works on the job now. */
  async function holder(jobId: number): Promise<Holder | undefined> {
    const [row] = await api.sql.query<Holder[]>(
      `select w.pid, j.attempt from jobs j join workers w on w.id = j.worker_id where j.id = $1 and j.status = 'running'`,
      [jobId],
    );
    return row;
  }

  async function until<T>(ask: () => Promise<T | undefined>, withinMs = 40_000): Promise<T> {
    const end = Date.now() + withinMs;
    for (;;) {
      const answer = await ask();
      if (answer !== undefined) return answer;
      if (Date.now() > end) throw new Error('did not happen in time');
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }

  /** Milliseconds from the kill until another process works on the job. */
  async function resumed(jobId: number, killed: Holder, killedAt: number): Promise<number> {
    const next = await until(async () => {
      const now = await holder(jobId);
      return now && now.attempt > killed.attempt ? now : undefined;
    });
    expect(next.pid).not.toBe(killed.pid);
    const ms = Date.now() - killedAt;
    process.stderr.write(`resumed ${ms} ms after the kill\n`);
    return ms;
  }

  async function expectUpgraded(jobId: number, device: number, box: EmulatedSwitch): Promise<void> {
    const [watched] = await api.watch([jobId]);
    expect(watched!.job).toMatchObject({ status: 'success', progress: 100, error: null });
    expect(box.counters).toMatchObject({ reloads: 1, installActivates: 1 });
    expect(box.version).toBe(NEW_VERSION);
    expect((await api.device(device)).version).toBe(NEW_VERSION);
    const ends = await api.sql.query<{ text: string }[]>(
      `select text from job_logs where job_id = $1 and text like '%: success%' order by id`,
      [jobId],
    );
    // Every step was ended once, by whoever.
    expect(ends.map(({ text }) => text.split(':')[0])).toEqual([
      'Readiness Check',
      'Distribution',
      'Activation',
      'Post-Checks',
    ]);
  }

  const kill = (worker: Holder) => {
    process.kill(worker.pid, 'SIGKILL');
    return Date.now();
  };

  /** Spares the wait for its silence to be noticed: that it is, and in time, is shown in (b) and of the paused one. */
  async function noticed(killed: Holder): Promise<void> {
    const worker = workers.find(({ process }) => process.pid === killed.pid)!;
    await worker.end('SIGKILL');
    await countAsDead(api.sql, worker);
  }

  it('(a) in the middle of a copy: copied once more as a whole, and reloaded once', async () => {
    const { box, device } = await addBox('mid-copy');
    const chosen: { worker?: Holder } = {};
    const killed = new Promise<number>((resolve) => {
      when(box.counters, 'bytesReceived', SIZE * 0.3, () => resolve(kill(chosen.worker!)));
    });
    // Started before the copy: the readiness check takes several commands.
    const jobId = await start(device);
    const worker = (chosen.worker = await until(() => holder(jobId)));
    const killedAt = await killed;
    expect(box.counters.bytesReceived).toBeLessThan(SIZE);
    await noticed(worker);
    await resumed(jobId, worker, killedAt);
    await expectUpgraded(jobId, device, box);
    expect(box.counters.copies).toBe(2);
    expect(box.counters.bytesReceived).toBeLessThan(2 * SIZE);
  }, 120_000);

  it('(b) right after the command that reloads: asked about, not sent again, nothing copied again', async () => {
    const { box, device } = await addBox('after-reload');
    const chosen: { worker?: Holder } = {};
    const killed = new Promise<number>((resolve) => {
      when(box.counters, 'installActivates', 1, () => resolve(kill(chosen.worker!)));
    });
    const jobId = await start(device);
    const worker = (chosen.worker = await until(() => holder(jobId)));
    const killedAt = await killed;
    expect(await resumed(jobId, worker, killedAt)).toBeLessThan(30_000);
    await expectUpgraded(jobId, device, box);
    expect(box.counters).toMatchObject({ copies: 1, bytesReceived: SIZE, installAdds: 1 });
  }, 120_000);

  it('(c) while it waits for the device: another process goes on waiting', async () => {
    const { box, device } = await addBox('in-the-wait', 6_000);
    let away = false;
    const { onReload } = box.model;
    box.model.onReload = () => {
      away = true;
      onReload();
    };
    const jobId = await start(device);
    // Killed in one of its looks at the device that is away.
    const worker = await until(async () => (away ? holder(jobId) : undefined));
    const killedAt = kill(worker);
    await noticed(worker);
    await resumed(jobId, worker, killedAt);
    await expectUpgraded(jobId, device, box);
    expect(box.counters).toMatchObject({ copies: 1, bytesReceived: SIZE, installAdds: 1 });
  }, 120_000);

  it('a process that was only paused finds its job taken and does nothing more to it', async () => {
    const { box, device } = await addBox('paused');
    const chosen: { worker?: Holder } = {};
    const paused = new Promise<number>((resolve) => {
      when(box.counters, 'installActivates', 1, () => {
        process.kill(chosen.worker!.pid, 'SIGSTOP');
        resolve(Date.now());
      });
    });
    const jobId = await start(device);
    const worker = (chosen.worker = await until(() => holder(jobId)));
    expect(await resumed(jobId, worker, await paused)).toBeLessThan(30_000);
    await expectUpgraded(jobId, device, box);
    const record = async () =>
      api.sql.query(
        'select j.*, (select count(*) from job_logs l where l.job_id = j.id) as lines from jobs j where id = $1',
        [jobId],
      );
    const ended = await record();
    process.kill(worker.pid, 'SIGCONT');
    await until(async () => {
      const rows = await api.sql.query<unknown[]>(
        `select 1 from workers where pid = $1 and heartbeat_at > now() - interval '2 s'`,
        [worker.pid],
      );
      return rows.length > 0 ? true : undefined;
    });
    expect(await record()).toEqual(ended);
    expect(box.counters).toMatchObject({ reloads: 1, installActivates: 1, copies: 1 });
  }, 120_000);
});

import type { EmulatorFaults, EmulatorOptions } from '../../src/drivers/emulator/emulator-options.js';
import { EmulatedSwitch } from '../../src/drivers/emulator/emulated-switch.js';
import { FleetApi, NEW_VERSION, type Watched } from './fleet-api.js';

const OLD_VERSION = '17.06.05';
const SIZE = 300_000;

/** Every case has switches of its own and mostly waits for them, so the cases run beside one another. */
describe('emulated IOS-XE switches through the public API', () => {
  let api: FleetApi;
  let image: number;
  let workflow: number;
  const boxes: EmulatedSwitch[] = [];
  let count = 0;

  beforeAll(async () => {
    api = await FleetApi.start({ config: { role: 'all' } });
    image = await api.uploadIosXe(SIZE);
    workflow = await api.addWorkflow('quick');
  });
  afterAll(async () => {
    for (const box of boxes) await box.stop();
    await api.close();
  });

  async function addSwitch(
    faults: Partial<EmulatorFaults> = {},
    options: Partial<EmulatorOptions> = {},
    changes: Record<string, unknown> = {},
  ): Promise<{ box: EmulatedSwitch; device: number }> {
    count += 1;
    const hostname = `sw${count}`;
    const box = await EmulatedSwitch.start({ hostname, reloadMs: 300, faults, ...options });
    boxes.push(box);
    return { box, device: await api.addSwitch(box, changes) };
  }

  async function upgrade(device: number, body: Record<string, unknown> = {}): Promise<Watched> {
    const request = { devices: [device], image_id: image, workflow_id: workflow, ...body };
    const { job_ids: ids } = await api.trigger(request);
    return (await api.watch(ids))[0]!;
  }

  const stepStatuses = ({ job }: Watched) => job.steps.map(({ status }) => status);

  it.concurrent(
    'case 19: copies, verifies, answers the questions, survives the reload and proves the version',
    async () => {
      const { box, device } = await addSwitch({ syslogNoise: true, randomChunks: true }, { reloadMs: 2_000 });
      const watched = await upgrade(device);
      expect(watched.job).toMatchObject({ status: 'success', progress: 100, current_step: 'Completed', error: null });
      const order = ['pending', 'distributing', 'activating', 'success'];
      expect(watched.statuses).toEqual(order.filter((status) => watched.statuses.includes(status)));
      expect(watched.statuses).toEqual(expect.arrayContaining(['distributing', 'activating', 'success']));
      expect(watched.progress).toEqual([...watched.progress].sort((a, b) => a - b));
      expect(stepStatuses(watched)).toEqual(['success', 'success', 'success', 'success']);
      expect(watched.job.steps[3]!.message).toBe(`runs ${NEW_VERSION}`);
      expect(box.counters).toMatchObject({ reloads: 1, installActivates: 1, copies: 1, bytesReceived: SIZE });
      expect(box.version).toBe(NEW_VERSION);
      expect((await api.device(device)).version).toBe(NEW_VERSION);
      expect(await api.log(watched.job.id)).toContain('md5');
      expect(await api.artifacts(watched.job.id, 'report')).toContain('Total: 4 checks');
    },
  );

  it.concurrent('case 25: on the target version already it succeeds without a copy or a reload', async () => {
    const { box, device } = await addSwitch({}, { version: NEW_VERSION });
    const watched = await upgrade(device);
    expect(watched.job).toMatchObject({ status: 'success', progress: 100 });
    expect(stepStatuses(watched)).toEqual(['success', 'skipped', 'skipped', 'skipped']);
    expect(box.counters).toMatchObject({ reloads: 0, copies: 0 });
    expect((await api.device(device)).version).toBe(NEW_VERSION);
  });

  it.concurrent('only distributes when that is all that was asked for', async () => {
    const { box, device } = await addSwitch();
    const watched = await upgrade(device, { activate_after_distribute: false });
    expect(watched.job).toMatchObject({ status: 'success', progress: 100 });
    expect(stepStatuses(watched)).toEqual(['success', 'success', 'skipped', 'skipped']);
    expect(box.counters).toMatchObject({ reloads: 0, copies: 1 });
  });

  describe('case 20: what goes wrong', () => {
    it.concurrent.each([
      ['a truncated copy', { truncateCopyAt: 40 }, /checksum mismatch: .* has 120000 bytes, not 300000/],
      ['a corrupt file', { corruptCopy: true }, /checksum mismatch: md5/],
    ] as const)('%s fails at Distribution; the device is not reloaded', async (_what, faults, reason) => {
      const { box, device } = await addSwitch(faults);
      const watched = await upgrade(device);
      expect(watched.job).toMatchObject({ status: 'failed', current_step: 'Distribution' });
      expect(watched.job.error).toMatch(reason);
      expect(stepStatuses(watched)).toEqual(['success', 'failed', 'pending', 'pending']);
      expect(box.counters).toMatchObject({ reloads: 0, installAdds: 0 });
      expect(box.version).toBe(OLD_VERSION);
    });

    it.concurrent('a copy that is cut is copied again', async () => {
      const { box, device } = await addSwitch({ dropCopyAt: 50 });
      const watched = await upgrade(device);
      expect(watched.job.status).toBe('success');
      expect(box.counters).toMatchObject({ reloads: 1, copies: 2 });
    });

    it.concurrent(
      'no space fails at Readiness with the numbers; with cleanup_flash only inactive files go',
      async () => {
        const { box, device } = await addSwitch({ noSpace: 'inactive' });
        const refused = await upgrade(device);
        expect(refused.job).toMatchObject({ status: 'failed', current_step: 'Readiness Check' });
        expect(refused.job.error).toMatch(/space: .*\d{4,}.*\d{4,}/);
        expect(box.counters).toMatchObject({ copies: 0, reloads: 0 });

        const before = new Set(box.model.flash.list().map(({ name }) => name));
        const cleaned = await upgrade(device, { cleanup_flash: true });
        expect(cleaned.job).toMatchObject({ status: 'success' });
        const after = new Set(box.model.flash.list().map(({ name }) => name));
        const gone = [...before].filter((name) => !after.has(name));
        expect(gone).toEqual(['cat9k_iosxe.16.12.04.SPA.bin']);
        expect(box.version).toBe(NEW_VERSION);
      },
    );

    it.concurrent.each([
      ['add', 'super package verification failed'],
      ['activate', 'stack member 2 is not ready'],
    ] as const)('FAILED: from install %s fails the job with that line', async (phase, reason) => {
      const quick = await api.addWorkflow(`fails at ${phase}`, { activation: { quiet: 0, timeout: 60 } });
      const { box, device } = await addSwitch({ installFails: { phase, reason } });
      const watched = await upgrade(device, { workflow_id: quick });
      expect(watched.job).toMatchObject({ status: 'failed', current_step: 'Activation' });
      expect(watched.job.error).toContain(reason);
      expect(stepStatuses(watched)).toEqual(['success', 'success', 'failed', 'pending']);
      expect(box.counters.reloads).toBe(0);
      expect((await api.device(device)).version).not.toBe(NEW_VERSION);
    });

    it.concurrent('an old version after the reload is a version mismatch', async () => {
      const { box, device } = await addSwitch({ oldVersionAfterReload: true });
      const watched = await upgrade(device);
      expect(watched.job).toMatchObject({ status: 'failed', current_step: 'Activation' });
      expect(watched.job.error).toContain('version mismatch');
      expect(box.counters.reloads).toBe(1);
    });

    it.concurrent('a device that never comes back fails after the time-out, its outcome unknown', async () => {
      const short = await api.addWorkflow('short', { activation: { timeout: 6 } });
      const { box, device } = await addSwitch({ neverBack: true });
      const watched = await upgrade(device, { workflow_id: short });
      expect(watched.job).toMatchObject({ status: 'failed', current_step: 'Activation' });
      expect(watched.job.error).toMatch(/timed out after 6 s: the outcome is unknown/);
      expect(box.counters.installActivates).toBe(1);
    });

    it.concurrent('a lost neighbour fails Post-Checks with a diff that names it', async () => {
      const { box, device } = await addSwitch({ losesNeighbours: ['core-2'] });
      const watched = await upgrade(device);
      expect(watched.job).toMatchObject({ status: 'failed', current_step: 'Post-Checks' });
      expect(watched.job.error).toContain('neighbour core-2 is missing');
      expect(await api.artifacts(watched.job.id, 'diff')).toMatch(/^-core-2/m);
      expect(await api.artifacts(watched.job.id, 'report')).toContain('LOST: neighbour core-2 is missing');
      expect(box.version).toBe(NEW_VERSION);
      expect(box.counters.reloads).toBe(1);
    });

    it.concurrent('and is rolled back where the workflow wants that', async () => {
      const back = await api.addWorkflow('back', { postcheck: { rollback_on_failure: true } });
      const { box, device } = await addSwitch({ losesNeighbours: ['core-2'] });
      const watched = await upgrade(device, { workflow_id: back });
      expect(watched.job).toMatchObject({ status: 'failed', current_step: 'Post-Checks' });
      expect(watched.job.error).toMatch(/neighbour core-2 is missing; rolled back to 17\.0?6\.0?5/);
      expect(box.version).toBe(OLD_VERSION);
      expect(box.counters.reloads).toBe(2);
      expect((await api.device(device)).version).not.toBe(NEW_VERSION);
    });
  });

  describe('case 22: three one by one, the second fails', () => {
    const fleet = async () => {
      const three = [await addSwitch(), await addSwitch({ corruptCopy: true }), await addSwitch()];
      return { devices: three.map(({ device }) => device), all: three.map(({ box }) => box) };
    };
    const body = (devices: number[]) => ({
      devices,
      image_id: image,
      workflow_id: workflow,
      execution_mode: 'sequential',
    });

    it.concurrent.each([0, 1_500])('the third goes on after the second has ended (in %s ms)', async (inMs) => {
      const { devices, all } = await fleet();
      const schedule = inMs === 0 ? {} : { schedule_time: new Date(Date.now() + inMs).toISOString() };
      const { job_ids: ids } = await api.trigger({ ...body(devices), ...schedule });
      const watched = await api.watch(ids);
      expect(watched.map(({ job }) => job.status)).toEqual(['success', 'failed', 'success']);
      expect(all.map(({ counters }) => counters.reloads)).toEqual([1, 0, 1]);
      const spans = await api.sql.query<{ early: boolean | null }[]>(
        `select started_at < lag(finished_at) over (order by id) as early from jobs where id = any($1) order by id`,
        [ids],
      );
      expect(spans.map(({ early }) => early)).toEqual([null, false, false]);
    });

    it.concurrent('on_failure stop fails the rest with the reason, and nobody logs in to it', async () => {
      const { devices, all } = await fleet();
      const { job_ids: ids } = await api.trigger({ ...body(devices), on_failure: 'stop' });
      const watched = await api.watch(ids);
      expect(watched.map(({ job }) => job.status)).toEqual(['success', 'failed', 'failed']);
      expect(watched[2]!.job.error).toBe(`Not started: batch halted after job ${ids[1]} failed`);
      expect(all[2]!.counters).toMatchObject({ connections: 0 });
    });
  });

  describe('case 23: host keys', () => {
    it.concurrent('tofu stores the first one; a changed one fails before any password is sent', async () => {
      const { box, device } = await addSwitch();
      expect((await api.device(device)).host_key).toBeNull();
      await upgrade(device, { activate_after_distribute: false });
      expect((await api.device(device)).host_key).toBe(box.hostKeyFingerprint);
      const { passwordsSeen } = box.counters;
      box.faults.changedHostKey = true;
      const watched = await upgrade(device);
      expect(watched.job).toMatchObject({ status: 'failed', current_step: 'Readiness Check' });
      expect(watched.job.error).toMatch(/host key mismatch/i);
      expect(box.counters.passwordsSeen).toBe(passwordsSeen);
      expect((await api.device(device)).host_key).not.toBe(box.hostKeyFingerprint);
    });

    it.concurrent('strict refuses a key it does not know', async () => {
      const { box, device } = await addSwitch({}, {}, { host_key_policy: 'strict' });
      const watched = await upgrade(device);
      expect(watched.job.status).toBe('failed');
      expect(box.counters).toMatchObject({ passwordsSeen: 0, logins: 0 });
    });
  });
});

import { Conflict, NotFound, Outdated } from '../../src/common/errors.js';
import { ApprovalChecks } from '../../src/orchestration/approval-checks.js';
import { batch, Bench, job, OK, step, World } from './probe.js';

let world: World;
let bench: Bench;
const held = new Map<string, () => void>();
let voidBecause: string | null = null;

beforeAll(async () => {
  world = new World();
  world.on('one', async ({ job: { label }, signal }) => {
    if (label.startsWith('held')) {
      await new Promise<void>((resolve) => {
        held.set(label, resolve);
        signal.addEventListener('abort', () => resolve());
      });
    }
    return OK;
  });
  bench = await Bench.start(world, { config: { workerConcurrency: 4 } });
  const checks = bench.app.app.get(ApprovalChecks, { strict: false });
  // Whoever counts approvals for the application may be there already: this is about what the planner asks.
  Object.defineProperty(checks, 'check', { value: { voidBecause: async () => voidBecause } });
});
afterAll(() => bench.close());

beforeEach(() => {
  held.clear();
  world.calls.length = 0;
  voidBecause = null;
});

const one = (...labels: string[]) => labels.map((label) => job(label, [step('one')]));
const started = (label: string) => bench.until(() => held.get(label));
const by = 'anna';

async function row(id: string) {
  const [found] = await bench.sql.query<Record<string, unknown>[]>('select * from batches where id = $1', [id]);
  return found!;
}

/** Until the planner has looked at it once more: whatever it wanted to do is done then. */
async function planned(id: string): Promise<void> {
  const before = (await row(id))['planned_at'] as Date | null;
  await bench.sql.query(`select graphile_worker.add_job('batch.advance', json_build_object('id', $1::uuid))`, [id]);
  await bench.until(async () => (String((await row(id))['planned_at']) !== String(before) ? true : undefined));
}

describe('a paused batch', () => {
  it('starts nothing more, what runs goes on, and what was released is taken back', async () => {
    // As many slots as there are held jobs, so that some were released and not claimed yet.
    const held4 = ['held-1', 'held-2', 'held-3', 'held-4'];
    const { id } = await bench.submit(batch(one(...held4, 'a', 'b')));
    await Promise.all(held4.map(started));
    const paused = await bench.steer((control, tx) => control.pause(tx, { id, by }, 'too hot'));
    expect(paused).toEqual({ id, status: 'running', version: 2 });
    expect(await row(id)).toMatchObject({ paused_by: 'anna', paused_reason: 'too hot' });
    for (const label of held4) held.get(label)!();
    await bench.until(async () => {
      const done = (await bench.jobs(id)).filter(({ status }) => status === 'succeeded').length;
      return done === 4 ? true : undefined;
    });
    await planned(id);
    expect((await bench.jobs(id)).slice(4).map(({ status }) => status)).toEqual(['pending', 'pending']);
    expect(world.calls).not.toContain('one:a');

    const resumed = await bench.steer((control, tx) => control.resume(tx, { id, by }));
    expect(resumed).toMatchObject({ version: 3 });
    expect(await bench.ended(id)).toBe('succeeded');
    expect(await row(id)).toMatchObject({ paused_at: null, paused_by: null, paused_reason: null });
  });

  it('opens no wave', async () => {
    const { id } = await bench.submit(batch([], { waves: [one('held-1'), one('a')] }));
    const release = await started('held-1');
    await bench.steer((control, tx) => control.pause(tx, { id, by }));
    release();
    await bench.until(async () => ((await bench.waves(id))[0]!.status === 'done' ? true : undefined));
    await planned(id);
    expect((await bench.waves(id))[1]!.status).toBe('pending');
    await bench.steer((control, tx) => control.resume(tx, { id, by }));
    expect(await bench.ended(id)).toBe('succeeded');
  });

  it('that is scheduled is not missed while it is held, and starts when it is let go', async () => {
    const { id } = await bench.submit(batch(one('a'), { scheduledFor: new Date(Date.now() + 3_600_000) }));
    await bench.steer((control, tx) => control.pause(tx, { id, by }));
    // Its time has come, and gone by more than the grace.
    await bench.sql.query(`update batches set scheduled_for = now() - interval '1 day' where id = $1`, [id]);
    await planned(id);
    expect((await row(id))['status']).toBe('scheduled');
    await bench.steer((control, tx) => control.resume(tx, { id, by }));
    expect(await bench.ended(id)).toBe('succeeded');
  });

  it('takes a pause or a resume once', async () => {
    const { id } = await bench.submit(batch(one('held-1')));
    await started('held-1');
    const resume = () => bench.steer((control, tx) => control.resume(tx, { id, by }));
    const pause = () => bench.steer((control, tx) => control.pause(tx, { id, by }));
    await expect(resume()).rejects.toMatchObject({ details: { code: 'not_paused' } });
    await pause();
    await expect(pause()).rejects.toMatchObject({ details: { code: 'paused' } });
    held.get('held-1')!();
    // Nothing is left to start, so there is nothing to resume it for.
    expect(await bench.ended(id)).toBe('succeeded');
    await expect(resume()).rejects.toBeInstanceOf(Conflict);
  });
});

describe('steering', () => {
  it('is refused to those who saw another version, and changes nothing then', async () => {
    const { id } = await bench.submit(batch(one('held-1')));
    await started('held-1');
    const pause = (expected: readonly number[]) =>
      bench.steer((control, tx) => control.pause(tx, { id, by, expected }));
    await expect(pause([2, 3])).rejects.toBeInstanceOf(Outdated);
    expect(await row(id)).toMatchObject({ paused_at: null, version: 1 });
    await pause([1]);
    await bench.steer((control, tx) => control.abort(tx, { id, by }));
    expect(await bench.ended(id)).toBe('cancelled');
    await expect(bench.steer((control, tx) => control.abort(tx, { id, by }))).rejects.toMatchObject({
      details: { code: 'batch_ended', status: 'cancelled' },
    });
    const nobody = '00000000-0000-4000-8000-000000000000';
    await expect(bench.steer((control, tx) => control.pause(tx, { id: nobody, by }))).rejects.toBeInstanceOf(NotFound);
  });

  it('aborts all of it: what has not started is cancelled, what runs stops', async () => {
    const { id } = await bench.submit(batch([], { waves: [one('held-1'), one('a')] }));
    await started('held-1');
    const aborted = await bench.steer((control, tx) => control.abort(tx, { id, by }));
    expect([aborted.cancelled.length, aborted.aborting.length]).toEqual([1, 1]);
    expect(await bench.ended(id)).toBe('cancelled');
    expect((await bench.jobs(id)).map(({ status, reason }) => [status, reason])).toEqual([
      ['cancelled', 'Stopped by anna'],
      ['cancelled', 'Cancelled by anna'],
    ]);
    expect(await row(id)).toMatchObject({ aborted_by: 'anna' });
  });

  it('aborts a batch that is paused', async () => {
    const { id } = await bench.submit(batch([], { waves: [one('held-1'), one('a')] }));
    await started('held-1');
    await bench.steer((control, tx) => control.pause(tx, { id, by }));
    await bench.steer((control, tx) => control.abort(tx, { id, by }));
    expect(await bench.ended(id)).toBe('cancelled');
  });

  it('cancels only what has not started, and says so when nothing is left', async () => {
    const { id } = await bench.submit(batch([], { waves: [one('held-1'), one('a', 'b')] }));
    const release = await started('held-1');
    const cancelled = await bench.steer((control, tx) => control.cancel(tx, { id, by }));
    expect(cancelled.cancelled).toHaveLength(2);
    await expect(bench.steer((control, tx) => control.cancel(tx, { id, by }))).rejects.toMatchObject({
      details: { code: 'nothing_to_do' },
    });
    release();
    expect(await bench.ended(id)).toBe('cancelled');
    expect((await bench.jobs(id)).map(({ status }) => status)).toEqual(['succeeded', 'cancelled', 'cancelled']);
  });
});

describe('a batch that needs approval', () => {
  const approval = { needed: 2, digest: 'd', expiresAt: null };

  it('starts nothing before it has it', async () => {
    const { id } = await bench.submit(batch(one('a'), { approval }));
    await planned(id);
    expect((await bench.waves(id))[0]!.status).toBe('pending');
    expect(await bench.steer((control, tx) => control.approve(tx, { id, by }))).toMatchObject({ version: 2 });
    expect(await bench.ended(id)).toBe('succeeded');
  });

  it('is asked about once more before it begins, and does not begin when something has changed', async () => {
    voidBecause = 'the image is another one';
    const { id } = await bench.submit(batch(one('a'), { approval }));
    await bench.steer((control, tx) => control.approve(tx, { id, by }));
    await bench.until(async () => ((await row(id))['approved_at'] === null ? true : undefined));
    expect(await row(id)).toMatchObject({ reason: 'The approval is void: the image is another one', version: 3 });
    expect((await bench.waves(id))[0]!.status).toBe('pending');
    voidBecause = null;
    await bench.steer((control, tx) => control.approve(tx, { id, by }));
    expect(await bench.ended(id)).toBe('succeeded');
  });

  it('cannot lose it once it has begun, and needs none that was not asked for', async () => {
    const { id } = await bench.submit(batch(one('held-1'), { approval }));
    await bench.steer((control, tx) => control.approve(tx, { id, by }));
    await started('held-1');
    await expect(bench.steer((control, tx) => control.unapprove(tx, { id, by }))).rejects.toMatchObject({
      details: { code: 'batch_begun' },
    });
    held.get('held-1')!();
    const other = await bench.submit(batch(one('held-2')));
    await expect(bench.steer((control, tx) => control.approve(tx, { id: other.id, by }))).rejects.toMatchObject({
      details: { code: 'needs_no_approval' },
    });
    (await started('held-2'))();
    await bench.ended(other.id);
  });

  it('is missed when it is scheduled and not approved in time', async () => {
    const scheduledFor = new Date(Date.now() - 3_600_000);
    const { id } = await bench.submit(batch(one('a'), { approval, scheduledFor }));
    expect(await bench.ended(id)).toBe('failed');
    expect((await row(id))['reason']).toMatch(/not approved by then/);
  });
});

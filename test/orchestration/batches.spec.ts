import { ActionError } from '../../src/common/errors.js';
import type { StepOutcome } from '../../src/orchestration/step-handler.js';
import { batch, Bench, job, OK, step, World } from './probe.js';

/** Visitors stay until as many are in at once as may be; whoever comes later only passes through. */
class Crowd {
  most = 0;
  private inside = 0;
  private readonly full: Promise<void>;
  private open = (): void => undefined;

  constructor(private readonly size: number) {
    this.full = new Promise((resolve) => (this.open = resolve));
  }

  async visit(): Promise<StepOutcome> {
    this.most = Math.max(this.most, (this.inside += 1));
    if (this.inside >= this.size) this.open();
    await this.full;
    await new Promise((resolve) => setTimeout(resolve, 5));
    this.inside -= 1;
    return OK;
  }
}

describe('batches', () => {
  let bench: Bench;
  let world: World;

  beforeEach(async () => {
    world = new World();
    bench = await Bench.start(world);
  });
  afterEach(() => bench.close());

  it('runs every step of every job and ends with its domain told', async () => {
    const { id, jobIds } = await bench.submit(batch(['a', 'b', 'c'].map((label) => job(label))));
    expect(await bench.ended(id)).toBe('succeeded');
    const jobs = await bench.jobs(id);
    expect(jobs.map((row) => row.id)).toEqual([...jobIds]);
    expect(jobs.map((row) => [row.label, row.status, row.progress])).toEqual([
      ['a', 'succeeded', 100],
      ['b', 'succeeded', 100],
      ['c', 'succeeded', 100],
    ]);
    expect(world.calls.sort()).toEqual(['one:a', 'one:b', 'one:c', 'two:a', 'two:b', 'two:c']);
    expect(world.finished.map((ended) => ended.id).sort()).toEqual([...jobIds]);
  });

  it('a sequential batch never has two jobs in progress, and keeps the order', async () => {
    const labels = Array.from({ length: 12 }, (_, index) => `s${String(index).padStart(2, '0')}`);
    const { id } = await bench.submit(
      batch(
        labels.map((label) => job(label, [step('one')])),
        { mode: 'sequential' },
      ),
    );
    expect(await bench.ended(id)).toBe('succeeded');
    expect(world.most).toBe(1);
    expect(world.calls).toEqual(labels.map((label) => `one:${label}`));
  });

  it('keeps max_parallel, and uses it up', async () => {
    const crowd = new Crowd(3);
    world.on('one', () => crowd.visit());
    const jobs = Array.from({ length: 20 }, (_, index) => job(`p${index}`, [step('one')]));
    const { id } = await bench.submit(batch(jobs, { maxParallel: 3 }));
    expect(await bench.ended(id)).toBe('succeeded');
    expect(crowd.most).toBe(3);
  });

  it('goes on after a failure, or stops and says after which', async () => {
    world.on('one', async ({ job: { label } }) => {
      if (label === 'bad') throw new ActionError('it broke', { code: 'broken', retryable: false });
      return OK;
    });
    const jobs = ['good', 'bad', 'rest'].map((label) => job(label, [step('one'), step('two')]));
    const goOn = await bench.submit(batch(jobs, { mode: 'sequential' }));
    expect(await bench.ended(goOn.id)).toBe('failed');
    expect((await bench.jobs(goOn.id)).map((row) => row.status)).toEqual(['succeeded', 'failed', 'succeeded']);

    const stop = await bench.submit(batch(jobs, { mode: 'sequential', onFailure: 'stop' }));
    expect(await bench.ended(stop.id)).toBe('failed');
    const rows = await bench.jobs(stop.id);
    expect(rows.map((row) => row.status)).toEqual(['succeeded', 'failed', 'failed']);
    expect(rows[1]).toMatchObject({
      reason: 'it broke',
      steps: [{ status: 'failed', message: 'it broke' }, { status: 'pending' }],
    });
    expect(rows[2]!.reason).toBe(`Not started: batch halted after job ${rows[1]!.id} failed`);
    expect(world.calls.filter((call) => call.endsWith(':rest'))).toHaveLength(2);
  });

  it('opens a wave when the one before it is done', async () => {
    const waves = [[job('w0a'), job('w0b')], [job('w1')]];
    const { id } = await bench.submit(batch([], { waves }));
    expect(await bench.ended(id)).toBe('succeeded');
    expect(world.calls.indexOf('one:w1')).toBeGreaterThan(
      Math.max(world.calls.indexOf('two:w0a'), world.calls.indexOf('two:w0b')),
    );
  });

  it('runs one job per target at a time; the second says what it waits for', async () => {
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    world.on('one', async () => {
      await gate;
      return OK;
    });
    const first = await bench.submit(batch([job('same', [step('one')])]));
    await bench.until(() => (world.inside.size === 1 ? true : undefined));
    const second = await bench.submit(batch([job('same', [step('one')])]));
    const waiting = await bench.until(async () => {
      const [row] = await bench.jobs(second.id);
      return row!.waiting_for === 'target' ? row : undefined;
    });
    expect(waiting).toMatchObject({ status: 'queued', reason: `Waits for job ${first.jobIds[0]} on the same target` });
    release();
    expect(await bench.ended(first.id)).toBe('succeeded');
    expect(await bench.ended(second.id)).toBe('succeeded');
    expect(world.most).toBe(1);
  });

  it('holds a limit over all jobs and lets waiting ones in', async () => {
    const crowd = new Crowd(4);
    world.on('two', () => crowd.visit());
    const limited = step('two', { limits: [{ name: 'copy', max: 4 }] });
    const jobs = Array.from({ length: 40 }, (_, index) => job(`l${index}`, [step('one'), limited, step('three')]));
    const { id } = await bench.submit(batch(jobs));
    expect(await bench.ended(id)).toBe('succeeded');
    expect(crowd.most).toBe(4);
    expect(await bench.sql.query('select 1 from limit_slots where job_id is not null')).toEqual([]);
  });

  it('cancels what nobody claimed; a cancelled job never ran', async () => {
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    world.on('one', async () => {
      await gate;
      return OK;
    });
    const { id, jobIds } = await bench.submit(
      batch(
        ['x', 'y', 'z'].map((label) => job(label)),
        { mode: 'sequential' },
      ),
    );
    await bench.until(() => (world.inside.size === 1 ? true : undefined));
    expect(await bench.cancel([...jobIds, 999_999])).toEqual(jobIds.slice(1));
    expect(await bench.cancel(jobIds)).toEqual([]);
    release();
    expect(await bench.ended(id)).toBe('succeeded');
    expect((await bench.jobs(id)).map((row) => row.status)).toEqual(['succeeded', 'cancelled', 'cancelled']);
    expect(world.calls).toEqual(['one:x', 'two:x']);
  });
});

import { setTimeout as sleep } from 'node:timers/promises';
import type { AbortedJobs } from '../../src/orchestration/batches.service.js';
import type { StepContext } from '../../src/orchestration/step-handler.js';
import { batch, Bench, job, OK, step, World } from './probe.js';

const LANES = 10;

/** Resolves when the step is told to stop, with the reason. */
const told = ({ signal }: StepContext<unknown>): Promise<unknown> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(signal.reason), { once: true }));

describe('abort', () => {
  const world = new World();
  let bench: Bench;

  beforeAll(async () => {
    bench = await Bench.start(world);
  });
  afterAll(() => bench.close());
  beforeEach(() => {
    world.acts.clear();
    world.checks.clear();
    for (const list of [world.calls, world.finished, world.endedBatches]) list.length = 0;
  });

  const called = (call: string) => bench.until(() => world.calls.includes(call) || undefined, 30_000);

  const isWaiting = (id: string) =>
    bench.until(async () => ((await bench.jobs(id))[0]?.status === 'waiting' ? true : undefined), 30_000);

  it('cancels what has not started and stops what has, through the step’s signal', async () => {
    const reasons: unknown[] = [];
    world.on('one', async (context) => {
      reasons.push(await told(context));
      return OK;
    });
    const { id, jobIds } = await bench.submit(batch([job('a1'), job('a2')], { maxParallel: 1 }));
    await called('one:a1');
    expect(await bench.abort([...jobIds, 999_999])).toEqual({ cancelled: [jobIds[1]], aborting: [jobIds[0]] });
    expect(await bench.ended(id)).toBe('cancelled');
    expect(reasons).toEqual(['aborting']);
    expect(await bench.jobs(id)).toMatchObject([
      {
        status: 'cancelled',
        reason: 'Stopped by test',
        steps: [{ status: 'failed', message: 'stopped by test' }, { status: 'pending' }],
      },
      { status: 'cancelled', reason: 'Cancelled by test', attempt: 0 },
    ]);
    // A job that never started has no end of its own; the batch's end comes after the other's.
    expect(world.finished).toMatchObject([{ id: jobIds[0], status: 'cancelled' }]);
    expect(world.endedBatches).toMatchObject([{ id, status: 'cancelled', kind: 'probe' }]);
    expect(await bench.abort(jobIds)).toEqual({ cancelled: [], aborting: [] });
    expect(world.calls).toEqual(['one:a1']);
  });

  it('ends a job whose handler ignores its signal, and what that does later counts for nothing', async () => {
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    let late: Promise<unknown> | undefined;
    world.on('one', (context) => {
      late = gate.then(() => context.remember({ late: true })).catch((error: unknown) => error);
      return late.then(() => OK);
    });
    const { id, jobIds } = await bench.submit(batch([job('deaf')]));
    await called('one:deaf');
    await bench.abort(jobIds);
    expect(await bench.ended(id)).toBe('cancelled');
    const ended = await bench.jobs(id);
    open();
    expect(await late).toBeInstanceOf(Error);
    expect(await bench.jobs(id)).toEqual(ended);
  });

  it('settles an announced act first, and then stops before the next step', async () => {
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    let stopped = false;
    world.on('one', async (context) => {
      await context.beforeIrreversible({ mark: 1 });
      void told(context).then(() => (stopped = true));
      world.calls.push('announced');
      await gate;
      return { outcome: 'again', afterMs: 50, waitingFor: 'the reload' };
    });
    let asked = 0;
    world.checks.set('one', async () =>
      ++asked < 3 ? { outcome: 'again', afterMs: 50, waitingFor: 'the reload' } : OK,
    );
    const { id, jobIds } = await bench.submit(batch([job('sent')]));
    await called('announced');
    expect(await bench.abort(jobIds)).toEqual({ cancelled: [], aborting: [...jobIds] });
    // Long enough for the wish to arrive by heartbeat: it must not have reached the step.
    await sleep(2_500);
    expect(stopped).toBe(false);
    open();
    expect(await bench.ended(id)).toBe('cancelled');
    expect(asked).toBe(3);
    expect(await bench.jobs(id)).toMatchObject([
      { status: 'cancelled', reason: 'Stopped by test', steps: [{ status: 'success' }, { status: 'pending' }] },
    ]);
    expect(world.calls).not.toContain('two:sent');
  });

  it('does not change how a job ends whose last step was settled, well or badly', async () => {
    for (const kind of ['one', 'two']) {
      world.on(kind, async (context) => {
        await context.beforeIrreversible();
        world.calls.push(`announced ${kind}`);
        await bench.until(() => world.calls.includes('go') || undefined, 30_000);
        return kind === 'one' ? OK : { outcome: 'failed', message: 'wrong version' };
      });
    }
    const well = await bench.submit(batch([job('well', [step('one'), step('three', { skip: 'not wanted' })])]));
    const badly = await bench.submit(batch([job('badly', [step('two'), step('three')])]));
    await called('announced one');
    await called('announced two');
    await bench.abort([...well.jobIds, ...badly.jobIds]);
    world.calls.push('go');
    expect(await bench.ended(well.id)).toBe('succeeded');
    expect(await bench.ended(badly.id)).toBe('failed');
    expect(await bench.jobs(badly.id)).toMatchObject([{ status: 'failed', reason: 'wrong version' }]);
  });

  it('an act whose announcement comes after the wish is not begun', async () => {
    let done = false;
    world.on('one', async (context) => {
      // As if the wish had been stored a moment before the announcement, and no heartbeat had told of it yet.
      await bench.sql.query(`update jobs set abort_requested_by = 'them' where id = $1`, [context.job.id]);
      await context.beforeIrreversible();
      done = true;
      return OK;
    });
    const { id } = await bench.submit(batch([job('late')]));
    expect(await bench.ended(id)).toBe('cancelled');
    expect(done).toBe(false);
    const [row] = await bench.jobs(id);
    expect(row).toMatchObject({ reason: 'Stopped by them', steps: [{ status: 'failed' }, { status: 'pending' }] });
    expect(row!.steps[0]).not.toHaveProperty('sentAt');
    expect(world.calls).toEqual(['one:late']);
  });

  it('wakes a job that waits for a time or for a limit, and frees what it held', async () => {
    world.on('one', async () => ({ outcome: 'again', afterMs: 3_600_000, waitingFor: 'an hour' }));
    const one = await bench.submit(batch([job('hour', [step('one', { limits: [{ name: 'place', max: 1 }] })])]));
    await isWaiting(one.id);
    const two = await bench.submit(batch([job('place', [step('two', { limits: [{ name: 'place', max: 1 }] })])]));
    await isWaiting(two.id);
    await bench.abort(two.jobIds);
    expect(await bench.ended(two.id)).toBe('cancelled');
    await bench.abort(one.jobIds);
    expect(await bench.ended(one.id)).toBe('cancelled');
    expect(world.calls).toEqual(['one:hour']);
    expect(await bench.sql.query('select 1 from limit_slots where job_id is not null')).toEqual([]);
  });

  it('that comes while a job is about to wait is not slept over', async () => {
    world.on('one', async (context) => {
      await bench.sql.query(`update jobs set abort_requested_by = 'them' where id = $1`, [context.job.id]);
      return { outcome: 'again', afterMs: 3_600_000, waitingFor: 'an hour' };
    });
    const { id } = await bench.submit(batch([job('drowsy')]));
    expect(await bench.ended(id)).toBe('cancelled');
    expect(world.calls).toEqual(['one:drowsy']);
  });

  it('of an announced act that waits asks the target at once and does not shorten later waits', async () => {
    world.on('one', async (context) => {
      await context.beforeIrreversible();
      return { outcome: 'again', afterMs: 3_600_000, waitingFor: 'an hour' };
    });
    world.checks.set('one', async () => ({ outcome: 'again', afterMs: 3_600_000, waitingFor: 'an hour' }));
    const { id, jobIds } = await bench.submit(batch([job('sent and waits', [step('one', { timeoutS: 7_200 })])]));
    await isWaiting(id);
    await bench.abort(jobIds);
    await called('check one:sent and waits');
    await isWaiting(id);
    const [row] = await bench.sql.query<{ later: boolean }[]>(
      `select wake_at > now() + interval '30 minutes' as later from jobs where batch_id = $1`,
      [id],
    );
    expect(row!.later).toBe(true);
    await bench.sql.query(`update jobs set status = 'failed', finished_at = now() where batch_id = $1`, [id]);
  });

  it('a hundred at once, in every state, against their own ends: each is in one list or has ended', async () => {
    world.on('one', async (context) => {
      const n = Number(context.job.label.slice(1));
      if (n % 4 === 1) return { outcome: 'again', afterMs: 3_600_000, waitingFor: 'an hour' };
      if (n % 4 === 2) return Promise.race([told(context).then(() => OK), new Promise<never>(() => undefined)]);
      await sleep(n);
      return OK;
    });
    const jobs = Array.from({ length: 100 }, (_, n) => job(`h${n}`, [step('one'), step('two')]));
    const { id, jobIds } = await bench.submit(batch(jobs, { maxParallel: 60 }));
    await called('one:h30');
    // As many lanes as there are connections: more would only wait for one, and a slow machine would let them wait too long.
    const answers: AbortedJobs[] = [];
    const lane = async (first: number): Promise<void> => {
      for (let n = first; n < jobIds.length; n += LANES) answers[n] = await bench.abort([jobIds[n]!], `user ${n}`);
    };
    await Promise.all(Array.from({ length: LANES }, (_, first) => lane(first)));
    await bench.ended(id, 60_000);
    const rows = await bench.jobs(id);
    for (const [n, { cancelled, aborting }] of answers.entries()) {
      const row = rows[n]!;
      if (cancelled.length > 0) expect(row).toMatchObject({ status: 'cancelled', attempt: 0 });
      else if (aborting.length > 0) expect(['cancelled', 'succeeded']).toContain(row.status);
      else expect(row.status).toBe('succeeded');
      if (row.status === 'cancelled') expect(row.reason).toMatch(new RegExp(`^(Cancelled|Stopped) by user ${n}$`));
    }
    const started = rows.filter(({ attempt }) => attempt > 0);
    expect(world.finished.map((each) => [each.id, each.status]).sort()).toEqual(
      started.map((each) => [each.id, each.status]).sort(),
    );
    expect(rows.filter(({ status }) => !['succeeded', 'cancelled'].includes(status))).toEqual([]);
    expect(await bench.sql.query('select 1 from limit_slots where job_id is not null')).toEqual([]);
  }, 90_000);
});

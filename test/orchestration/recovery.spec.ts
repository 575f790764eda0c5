import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StepContext } from '../../src/orchestration/step-handler.js';
import { AdvanceService } from '../../src/orchestration/advance.service.js';
import type { ClaimedJob } from '../../src/orchestration/job-claims.js';
import { releaseJob, saveJob } from '../../src/orchestration/job-writes.js';
import { cloneDatabase, type TestDatabase } from '../support/database.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { batch, Bench, job, OK, step, World } from './probe.js';

/** `A` reaches the database through a proxy that can be cut, as if its network had failed; `B` reaches it directly. */
describe('two processes on one database', () => {
  let database: TestDatabase;
  let proxy: TcpProxy;
  let a: Bench;
  let b: Bench | undefined;
  let worldA: World;
  let worldB: World;

  beforeEach(async () => {
    database = await cloneDatabase();
    proxy = await startTcpProxy(Number(new URL(database.url).port));
    [worldA, worldB] = [new World(), new World()];
    const url = new URL(database.url);
    url.port = String(proxy.port);
    a = await Bench.start(worldA, { database, config: { databaseUrl: url.href } });
    b = undefined;
  });
  afterEach(async () => {
    await b?.close();
    await a.close();
    await proxy.stop();
    await database.drop();
  });

  const startB = async (): Promise<Bench> => (b = await Bench.start(worldB, { database }));

  /** Cuts `A` off and has it taken for dead at once, instead of after 15 seconds of silence. */
  async function loseA(): Promise<void> {
    await proxy.stop();
    await database.dataSource.query(
      `update workers set heartbeat_at = now() - interval '1 hour'
       where id = (select id from workers order by started_at limit 1)`,
    );
  }

  async function recordOf(id: number): Promise<unknown> {
    const [row] = await database.dataSource.query<unknown[]>('select * from jobs where id = $1', [id]);
    const logs = await database.dataSource.query('select * from job_logs where job_id = $1 order by id', [id]);
    const files = await database.dataSource.query('select * from job_artifacts where job_id = $1', [id]);
    return { row, logs, files };
  }

  it('a job of a silent one goes on at its first unfinished step; what the silent one still does counts for nothing', async () => {
    let stale: StepContext<unknown> | undefined;
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    let refusal: Promise<unknown> = Promise.resolve();
    worldA.on('two', (context) => {
      stale = context;
      refusal = gate.then(async () => {
        context.log('written by the dead');
        context.keep({ kind: 'pre', name: 'stale', content: 'x' });
        return context.remember({ stale: true }).then(
          () => 'was stored',
          () => 'was refused',
        );
      });
      return refusal.then(() => OK);
    });
    // B is still at it when A comes back: nothing but the fence keeps A from writing.
    let letB = (): void => undefined;
    const gateB = new Promise<void>((resolve) => (letB = resolve));
    worldB.on('three', () => gateB.then(() => OK));
    const { id, jobIds } = await a.submit(batch([job('x', [step('one'), step('two'), step('three')])]));
    await a.until(() => stale);
    const other = await startB();
    await loseA();
    await other.until(() => worldB.calls.includes('three:x') || undefined, 40_000);
    await proxy.start();
    open();
    expect(await refusal).toBe('was refused');
    letB();
    expect(await other.ended(id)).toBe('succeeded');
    expect(worldA.calls).toEqual(['one:x', 'two:x']);
    expect(worldB.calls).toEqual(['two:x', 'three:x']);
    const ended = await recordOf(jobIds[0]!);
    // A finds out that it was given up, and comes back under a new name.
    await other.until(async () => {
      const rows = await database.dataSource.query(`select 1 from workers where heartbeat_at > now() - interval '3 s'`);
      return rows.length === 2 ? true : undefined;
    });
    expect(await recordOf(jobIds[0]!)).toEqual(ended);
    expect(JSON.stringify(ended)).not.toContain('written by the dead');
    expect(JSON.stringify(ended)).toContain('The worker stopped answering; another one goes on');
    expect([worldA.finished.length, worldB.finished.length]).toEqual([0, 1]);
    expect((await other.jobs(id))[0]).toMatchObject({ attempt: 2, status: 'succeeded' });
  });

  it('a write needs the attempt and the worker of the claim', async () => {
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    worldA.on('one', () => gate.then(() => OK));
    const { id, jobIds } = await a.submit(batch([job('x')]));
    await a.until(() => (worldA.calls.length > 0 ? true : undefined));
    const [row] = await database.dataSource.query<ClaimedJob[]>(
      'select id, attempt, worker_id as "workerId", steps from jobs where id = $1',
      jobIds as number[],
    );
    const fields = { phase: 'stale', progress: 99, currentStep: 1, steps: row!.steps, reason: null };
    const nothing = { logs: [], artifacts: [] };
    for (const wrong of [{ attempt: row!.attempt - 1 }, { attempt: row!.attempt + 1 }, { workerId: randomUUID() }]) {
      const stale = { ...row!, ...wrong };
      expect(await saveJob(database.dataSource, stale, fields, nothing, false)).toBe(false);
      expect(await releaseJob(database.dataSource, stale, fields, nothing)).toBe(false);
    }
    open();
    expect(await a.ended(id)).toBe('succeeded');
  });

  it('an act that was announced is asked about by whoever goes on: done once, whether it had happened or not', async () => {
    const happened = new Set<string>();
    let announced = 0;
    worldA.on('one', async ({ beforeIrreversible, job: { label } }) => {
      await beforeIrreversible({ by: 'A' });
      if (label === 'after') happened.add(label);
      announced += 1;
      return new Promise(() => undefined);
    });
    worldB.on('one', async ({ beforeIrreversible, job: { label } }) => {
      await beforeIrreversible({ by: 'B' });
      happened.add(label);
      return OK;
    });
    worldB.checks.set('one', async ({ job: { label } }) =>
      happened.has(label) ? { outcome: 'success', message: 'it runs' } : { outcome: 'not_done', message: 'untouched' },
    );
    const jobs = ['before', 'after'].map((label) => job(label, [step('one', { retries: 2 }), step('two')]));
    const { id } = await a.submit(batch(jobs));
    await a.until(() => (announced === 2 ? true : undefined));
    const other = await startB();
    await loseA();
    expect(await other.ended(id, 40_000)).toBe('succeeded');
    expect(worldB.calls.filter((call) => call.endsWith('before'))).toEqual([
      'check one:before',
      'one:before',
      'two:before',
    ]);
    expect(worldB.calls.filter((call) => call.endsWith('after'))).toEqual(['check one:after', 'two:after']);
    await proxy.start();
  });

  it('a job that was asked to stop and whose worker died is stopped by whoever goes on, settled before where it must be', async () => {
    let inside = 0;
    worldA.on('one', async ({ beforeIrreversible, remember, job: { label } }) => {
      await (label === 'announced' ? beforeIrreversible() : remember({ begun: true }));
      inside += 1;
      return new Promise(() => undefined);
    });
    worldB.checks.set('one', async () => ({ outcome: 'success', message: 'it runs' }));
    const { id, jobIds } = await a.submit(batch(['announced', 'untouched'].map((label) => job(label))));
    await a.until(() => (inside === 2 ? true : undefined), 30_000);
    await loseA();
    const other = await startB();
    expect(await other.abort(jobIds, 'us')).toEqual({ cancelled: [], aborting: [...jobIds] });
    expect(await other.ended(id, 60_000)).toBe('cancelled');
    expect(worldB.calls).toEqual(['check one:announced']);
    expect(await other.jobs(id)).toMatchObject([
      { status: 'cancelled', reason: 'Stopped by us', steps: [{ status: 'success' }, { status: 'pending' }] },
      { status: 'cancelled', steps: [{ status: 'failed', message: 'stopped by us' }, { status: 'pending' }] },
    ]);
    expect(worldB.finished.map(({ status }) => status)).toEqual(['cancelled', 'cancelled']);
    await proxy.start();
  }, 90_000);

  it('a wish to stop reaches the worker with its heartbeat when the wake-up is lost', async () => {
    let reason: unknown;
    worldA.on('one', ({ signal }) => {
      const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      return aborted.then(() => {
        reason = signal.reason;
        return OK;
      });
    });
    const { id, jobIds } = await a.submit(batch([job('x')]));
    // Its first checkpoint is through: no write of its own will tell it of the wish.
    await a.until(async () => ((await a.jobs(id))[0]?.steps[0]?.status === 'running' ? true : undefined));
    await database.dataSource.query(`
      create function lose() returns trigger language plpgsql as $$ begin return null; end $$;
      create trigger lose before insert on graphile_worker._private_jobs for each row
        when (new.key like 'job:%') execute function lose()`);
    expect(await a.abort(jobIds)).toEqual({ cancelled: [], aborting: [...jobIds] });
    expect(await a.ended(id, 60_000)).toBe('cancelled');
    expect(reason).toBe('aborting');
  }, 90_000);

  it('a job that takes one worker after another down with it is given up', async () => {
    // As if the process had died in the step: the row names a worker that is gone.
    worldA.on('one', async ({ job: { id } }) => {
      await database.dataSource.query('update jobs set worker_id = $2 where id = $1', [id, randomUUID()]);
      return OK;
    });
    const { id } = await a.submit(batch([job('poison'), job('healthy', [step('two')])]));
    expect(await a.ended(id, 40_000)).toBe('failed');
    expect(await a.jobs(id)).toMatchObject([
      {
        status: 'failed',
        reason: 'Worker lost during one, 5 times',
        steps: [{ status: 'failed' }, { status: 'pending' }],
      },
      { status: 'succeeded' },
    ]);
    expect(worldA.calls.filter((call) => call === 'one:poison')).toHaveLength(5);
  });

  it('a row whose current step is over already is gone on with behind it, or ended when that step had failed', async () => {
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    worldA.on('one', () => gate.then(() => OK));
    const { id, jobIds } = await a.submit(batch(['good', 'bad'].map((label) => job(label))));
    await a.until(() => (worldA.calls.length === 2 ? true : undefined));
    await loseA();
    for (const [index, status] of ['success', 'failed'].entries()) {
      await database.dataSource.query(
        `update jobs set steps = jsonb_set(steps, '{0}', steps->0 || jsonb_build_object('status', $2::text, 'message', 'it broke'))
         where id = $1`,
        [jobIds[index], status],
      );
    }
    await startB();
    await b!.ended(id, 30_000);
    expect(worldB.calls).toEqual(['two:good']);
    expect((await b!.jobs(id)).map(({ status, reason }) => [status, reason])).toEqual([
      ['succeeded', null],
      ['failed', 'it broke'],
    ]);
    open();
    await proxy.start();
  });

  it('a database that is away for a moment takes no job from a living process', async () => {
    let inside = 0;
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    worldA.on('one', async () => {
      inside += 1;
      await gate;
      return OK;
    });
    const { id } = await a.submit(batch(['x', 'y', 'z'].map((label) => job(label))));
    await a.until(() => (inside === 3 ? true : undefined));
    await proxy.stop();
    open();
    await sleep(1_000);
    await proxy.start();
    expect(await a.ended(id, 40_000)).toBe('succeeded');
    expect(worldA.calls.sort()).toEqual(['one:x', 'one:y', 'one:z', 'two:x', 'two:y', 'two:z']);
    expect(worldA.finished).toHaveLength(3);
  });

  it('wake-ups that come many times over change nothing', async () => {
    const other = await startB();
    const parkedAt = new Map<number, number>();
    const waits: number[] = [];
    for (const world of [worldA, worldB]) {
      world.on('one', async ({ job: { id }, step: { startedAt }, now }) => {
        if (parkedAt.has(id)) waits.push(performance.now() - parkedAt.get(id)!);
        parkedAt.set(id, performance.now());
        return now() - Date.parse(startedAt!) > 300 ? OK : { outcome: 'again', afterMs: 300, waitingFor: 'time' };
      });
    }
    const { id, jobIds } = await other.submit(
      batch(
        Array.from({ length: 12 }, (_, n) => job(`d${n}`)),
        { maxParallel: 4 },
      ),
    );
    let active = true;
    const noise = (async () => {
      while (active) {
        await database.dataSource.query(
          `select graphile_worker.add_job('job.run', json_build_object('id', id)) from unnest($1::integer[]) id`,
          [jobIds],
        );
        await database.dataSource.query(
          `select graphile_worker.add_job('batch.advance', json_build_object('id', $1::uuid)) from generate_series(1, 5)`,
          [id],
        );
        await sleep(50);
      }
    })();
    expect(await other.ended(id)).toBe('succeeded');
    active = false;
    await noise;
    const calls = [...worldA.calls, ...worldB.calls].filter((call) => call.startsWith('two'));
    expect(calls.sort()).toEqual(Array.from({ length: 12 }, (_, n) => `two:d${n}`).sort());
    expect(worldA.finished.length + worldB.finished.length).toBe(12);
    // A wait was never cut short by a wake-up that came early.
    expect(Math.min(...waits)).toBeGreaterThan(250);
  });

  it('wake-ups that are lost delay, and lose nothing', async () => {
    // Every second wake-up of each job and of the batch vanishes, the first one to begin with.
    await database.dataSource.query('create table wakes (key text primary key, n integer not null)');
    await database.dataSource.query(`create function lose() returns trigger language plpgsql as $$
      declare times integer;
      begin
        insert into wakes values (new.key, 1) on conflict (key) do update set n = wakes.n + 1 returning n into times;
        return case when times % 2 = 0 then new end;
      end $$`);
    await database.dataSource.query(
      'create trigger lose before insert on graphile_worker._private_jobs for each row execute function lose()',
    );
    const other = await startB();
    for (const world of [worldA, worldB]) {
      world.on('one', async ({ step: { state }, remember }) => {
        if (state?.['waited']) return OK;
        await remember({ waited: true });
        return { outcome: 'again', afterMs: 100, waitingFor: 'time' };
      });
    }
    const jobs = Array.from({ length: 4 }, (_, n) => job(`l${n}`));
    const { id } = await other.submit(batch(jobs));
    expect(await other.ended(id, 55_000)).toBe('succeeded');
    const calls = [...worldA.calls, ...worldB.calls].filter((call) => call.startsWith('two'));
    expect(calls.sort()).toEqual(['two:l0', 'two:l1', 'two:l2', 'two:l3']);
  }, 70_000);

  it('a batch that is planned many times at once releases no more than it may', async () => {
    const other = await startB();
    const both = { inside: 0, most: 0 };
    for (const world of [worldA, worldB]) {
      world.on('one', async () => {
        both.most = Math.max(both.most, (both.inside += 1));
        await sleep(20);
        both.inside -= 1;
        return OK;
      });
    }
    const jobs = Array.from({ length: 10 }, (_, n) => job(`p${n}`, [step('one')]));
    const { id } = await other.submit(batch(jobs, { mode: 'sequential' }));
    const planners = [a, other].map((bench) => bench.app.app.get(AdvanceService, { strict: false }));
    let ended = false;
    const planning = planners.flatMap((planner) =>
      Array.from({ length: 4 }, async () => {
        while (!ended) await planner.advance(id);
      }),
    );
    expect(await other.ended(id)).toBe('succeeded');
    ended = true;
    await Promise.all(planning);
    expect(both.most).toBe(1);
    expect([...worldA.calls, ...worldB.calls]).toHaveLength(10);
  });
});

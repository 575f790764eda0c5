import { setTimeout as sleep } from 'node:timers/promises';
import type { EntityManager } from 'typeorm';
import { RecoveryService } from '../../src/orchestration/recovery.service.js';
import { RetentionService } from '../../src/scheduler/retention.service.js';
import { SchedulerService } from '../../src/scheduler/scheduler.service.js';
import { cloneDatabase, type TestDatabase } from '../support/database.js';
import { batch, Bench, job, OK, step, World } from './probe.js';

const from = (offsetMs: number) => new Date(Date.now() + offsetMs);

describe('schedules', () => {
  let database: TestDatabase;
  const benches: Bench[] = [];

  beforeAll(async () => {
    database = await cloneDatabase();
  });
  afterEach(async () => {
    for (const bench of benches.splice(0)) await bench.close();
  });
  afterAll(() => database.drop());

  async function start(world: World, role: 'all' | 'api' = 'all'): Promise<Bench> {
    const bench = await Bench.start(world, { database, config: { role } });
    benches.push(bench);
    return bench;
  }

  /** Milliseconds after its time at which each of the batch's jobs started. */
  async function lateness(batchId: string): Promise<number[]> {
    const rows = await database.dataSource.query<{ ms: number }[]>(
      `select (extract(epoch from j.started_at - b.scheduled_for) * 1000)::integer as ms
       from jobs j join batches b on b.id = j.batch_id where b.id = $1 order by j.id`,
      [batchId],
    );
    return rows.map(({ ms }) => ms);
  }

  it('a batch starts at its time and never before, sequential ones in order', async () => {
    const world = new World();
    const bench = await start(world);
    const scheduledFor = from(2_500);
    const parallel = await bench.submit(
      batch(
        ['a', 'b', 'c'].map((label) => job(label)),
        { scheduledFor },
      ),
    );
    const sequential = await bench.submit(
      batch(
        ['s0', 's1', 's2'].map((label) => job(label, [step('one')])),
        { scheduledFor, mode: 'sequential' },
      ),
    );
    expect(await bench.batchStatus(parallel.id)).toBe('scheduled');
    expect((await bench.jobs(parallel.id)).map(({ status }) => status)).toEqual(['pending', 'pending', 'pending']);
    expect(await bench.ended(parallel.id)).toBe('succeeded');
    expect(await bench.ended(sequential.id)).toBe('succeeded');
    for (const ms of [...(await lateness(parallel.id)), (await lateness(sequential.id))[0]!]) {
      expect(ms).toBeGreaterThanOrEqual(0);
      expect(ms).toBeLessThan(20_000);
    }
    expect(world.calls.filter((call) => call.startsWith('one:s'))).toEqual(['one:s0', 'one:s1', 'one:s2']);
    const spans = await database.dataSource.query<{ overlap: boolean }[]>(
      `select started_at < lag(finished_at) over (order by id) as overlap from jobs where batch_id = $1`,
      [sequential.id],
    );
    expect(spans.map(({ overlap }) => overlap)).toEqual([null, false, false]);
  });

  it('after a downtime what is late within the grace runs, what is later fails with the reason', async () => {
    const idle = await start(new World(), 'api');
    const late = await idle.submit(batch([job('late')], { scheduledFor: from(-60_000) }));
    const missed = await idle.submit(batch([job('m1'), job('m2')], { scheduledFor: from(-310_000) }));
    const soon = await idle.submit(batch([job('soon')], { scheduledFor: from(500) }));
    await sleep(1_500);
    expect(await Promise.all([late, missed, soon].map(({ id }) => idle.batchStatus(id)))).toEqual([
      'scheduled',
      'scheduled',
      'scheduled',
    ]);
    const world = new World();
    const bench = await start(world);
    expect(await bench.ended(late.id)).toBe('succeeded');
    expect(await bench.ended(soon.id)).toBe('succeeded');
    expect(await bench.ended(missed.id)).toBe('failed');
    const reason = /^Not started: it was due at 20\d\d-.*Z and noticed 3\d\d s late, the grace is 300 s$/;
    for (const row of await bench.jobs(missed.id)) {
      expect(row).toMatchObject({ status: 'failed', attempt: 0, progress: 0, reason: expect.stringMatching(reason) });
      expect(row.steps.map(({ status }) => status)).toEqual(['pending', 'pending']);
      const lines = await database.dataSource.query<{ text: string }[]>('select text from job_logs where job_id = $1', [
        row.id,
      ]);
      expect(lines).toEqual([{ text: row.reason }]);
    }
    expect(world.calls.sort()).toEqual(['one:late', 'one:soon', 'two:late', 'two:soon']);
  });

  it('of two schedulers that tick at once exactly one acts', async () => {
    const pair = [await start(new World()), await start(new World())];
    let inside = 0;
    let most = 0;
    let acted = 0;
    for (const bench of pair) {
      const recovery = bench.app.app.get(RecoveryService, { strict: false });
      recovery.recoverDeadWorkers = async () => {
        most = Math.max(most, (inside += 1));
        acted += 1;
        await sleep(30);
        inside -= 1;
        return 0;
      };
    }
    for (let round = 0; round < 10; round += 1) {
      await Promise.all(
        pair.map((bench) => bench.app.app.get(SchedulerService, { strict: false }).recoverDeadWorkers()),
      );
    }
    expect(most).toBe(1);
    expect(acted).toBeGreaterThan(0);
  });

  it('a batch that is due starts once, however many schedulers see it', async () => {
    const worlds = [new World(), new World()];
    const pair = [await start(worlds[0]!), await start(worlds[1]!)];
    for (const world of worlds) world.on('one', () => sleep(10).then(() => OK));
    const { id } = await pair[0]!.submit(
      batch(
        Array.from({ length: 10 }, (_, n) => job(`o${n}`)),
        { scheduledFor: from(300) },
      ),
    );
    const schedulers = pair.map((bench) => bench.app.app.get(SchedulerService, { strict: false }));
    const until = Date.now() + 1_000;
    await Promise.all(
      schedulers.map(async (scheduler) => {
        while (Date.now() < until) await scheduler.startDueBatches();
      }),
    );
    expect(await pair[0]!.ended(id)).toBe('succeeded');
    const calls = worlds.flatMap((world) => world.calls);
    expect(calls).toHaveLength(20);
    expect(new Set(calls).size).toBe(20);
  });

  it('logs and artifacts older than the retention go, jobs and younger ones stay', async () => {
    const bench = await start(new World(), 'api');
    const { id, jobIds } = await bench.submit(batch([job('r')], { scheduledFor: from(3_600_000) }));
    for (const days of [89, 91]) {
      await database.dataSource.query(
        `with lines as (
           insert into job_logs (job_id, level, at, text) values ($1, 'info', now() - $2 * interval '1 day', $3))
         insert into job_artifacts (job_id, kind, name, content, at)
         values ($1, 'pre', $3, '', now() - $2 * interval '1 day')`,
        [jobIds[0], days, `${days} days`],
      );
    }
    const retention = bench.app.app.get(RetentionService, { strict: false });
    await database.dataSource.transaction((tx: EntityManager) => retention.prune(tx));
    const left = (table: string, column: string) =>
      database.dataSource.query(`select ${column} as name from ${table} where job_id = $1`, [jobIds[0]]);
    expect(await left('job_logs', 'text')).toEqual([{ name: '89 days' }]);
    expect(await left('job_artifacts', 'name')).toEqual([{ name: '89 days' }]);
    expect(await bench.jobs(id)).toMatchObject([{ label: 'r', status: 'pending' }]);
  });
});

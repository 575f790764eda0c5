import { AdvanceService } from '../../src/orchestration/advance.service.js';
import { batch, Bench, job, step, World } from './probe.js';

describe('a batch’s end', () => {
  const world = new World();
  let bench: Bench;

  beforeAll(async () => {
    bench = await Bench.start(world);
    await bench.sql.query('create table settled (batch_id uuid primary key, status text not null, at timestamptz)');
  });
  beforeEach(() => {
    world.acts.clear();
    world.finished.length = 0;
    world.endedBatches.length = 0;
    world.onBatchEnded = async (tx, { id, status }) => {
      await tx.query('insert into settled values ($1, $2, now())', [id, status]);
    };
  });
  afterAll(() => bench.close());

  const inAnHour = () => new Date(Date.now() + 3_600_000);
  const settled = (id: string) =>
    bench.sql.query<unknown[]>('select batch_id as id, status from settled where batch_id = $1', [id]);

  const fail = async (): Promise<never> => {
    throw new Error('it broke');
  };

  it('is told to its domain once, in the transaction that ends it, after the jobs', async () => {
    const { id, jobIds } = await bench.submit(batch([job('a'), job('b')], { request: { asked: 'this' } }));
    expect(await bench.ended(id)).toBe('succeeded');
    expect(world.endedBatches).toEqual([
      { id, kind: 'probe', status: 'succeeded', reason: null, request: { asked: 'this' } },
    ]);
    expect(await settled(id)).toEqual([{ id, status: 'succeeded' }]);
    expect(world.finished.map((each) => each.id).sort()).toEqual([...jobIds].sort());
    const [together] = await bench.sql.query<{ same: boolean }[]>(
      'select b.finished_at = s.at as same from batches b join settled s on s.batch_id = b.id where b.id = $1',
      [id],
    );
    expect(together!.same).toBe(true);
  });

  it('is told of a halted one, whose other jobs had no end of their own', async () => {
    world.on('one', fail);
    const jobs = ['a', 'b', 'c'].map((label) => job(label));
    const { id, jobIds } = await bench.submit(batch(jobs, { mode: 'sequential', onFailure: 'stop' }));
    expect(await bench.ended(id)).toBe('failed');
    expect(world.finished.map((each) => each.id)).toEqual([jobIds[0]]);
    expect(await settled(id)).toEqual([{ id, status: 'failed' }]);
  });

  it('is told of one that was missed, with the reason, and of one that was cancelled before its time', async () => {
    const missed = await bench.submit(batch([job('m')], { scheduledFor: new Date(Date.now() - 310_000) }));
    const cancelled = await bench.submit(batch([job('c')], { scheduledFor: inAnHour() }));
    expect(await bench.abort(cancelled.jobIds)).toEqual({ cancelled: [...cancelled.jobIds], aborting: [] });
    expect(await bench.ended(missed.id)).toBe('failed');
    expect(await bench.ended(cancelled.id)).toBe('cancelled');
    expect(await settled(missed.id)).toHaveLength(1);
    expect(await settled(cancelled.id)).toHaveLength(1);
    const reasons = new Map(world.endedBatches.map((ended) => [ended.id, ended.reason]));
    expect(reasons.get(missed.id)).toMatch(/^Not started: it was due at /);
    expect(reasons.get(cancelled.id)).toBeNull();
    expect(world.finished).toEqual([]);
  });

  it('that its domain cannot record is not one: the batch says why, is looked at again, and ends when it can', async () => {
    const record = world.onBatchEnded;
    const calls: string[] = [];
    world.onBatchEnded = async (tx, ended) => {
      calls.push(ended.id);
      await record(tx, ended);
      throw new TypeError('a mistake with a \u0000 in it');
    };
    const running = await bench.submit(batch([job('a')]));
    const scheduled = await bench.submit(batch([job('b')], { scheduledFor: inAnHour() }));
    await bench.abort(scheduled.jobIds);
    const problem = async (id: string): Promise<string | null> => {
      const [row] = await bench.sql.query<{ problem: string | null }[]>(
        'select ending_problem as problem from batches where id = $1',
        [id],
      );
      return row!.problem;
    };
    for (const { id } of [running, scheduled]) {
      const said = await bench.until(async () => (await problem(id)) ?? undefined, 30_000);
      expect(said).toBe('a mistake with a  in it');
      expect(await settled(id)).toEqual([]);
    }
    expect(await bench.batchStatus(running.id)).toBe('running');
    expect(await bench.batchStatus(scheduled.id)).toBe('scheduled');
    // It is looked at again when nobody planned it for ten seconds: these two for an hour.
    await bench.sql.query(
      `update batches set planned_at = now() - interval '1 hour', created_at = now() - interval '1 hour' where id in ($1, $2)`,
      [running.id, scheduled.id],
    );
    const again = (id: string) => calls.filter((call) => call === id).length > 1;
    await bench.until(() => (again(running.id) && again(scheduled.id)) || undefined, 60_000);
    world.onBatchEnded = record;
    expect(await bench.ended(running.id, 60_000)).toBe('succeeded');
    expect(await bench.ended(scheduled.id, 60_000)).toBe('cancelled');
    for (const { id } of [running, scheduled]) {
      expect(await settled(id)).toHaveLength(1);
      expect(await problem(id)).toBeNull();
    }
  }, 150_000);

  it('that many planners come to at the same time is recorded once', async () => {
    const planner = bench.app.app.get(AdvanceService, { strict: false });
    const batches = await Promise.all(['a', 'b', 'c'].map((label) => bench.submit(batch([job(label, [step('one')])]))));
    for (const { id } of batches) {
      await bench.until(async () => ((await bench.jobs(id))[0]?.status === 'succeeded' ? true : undefined), 30_000);
      await Promise.all(Array.from({ length: 8 }, () => planner.advance(id)));
    }
    for (const { id } of batches) {
      expect(await bench.ended(id)).toBe('succeeded');
      expect(world.endedBatches.filter((ended) => ended.id === id)).toHaveLength(1);
    }
  });

  it('does not wait for a request that holds the domain’s row and cancels a job: neither waits for the other', async () => {
    await bench.sql.query('create table clusters_of (batch_id uuid primary key, n integer not null default 0)');
    world.onBatchEnded = async (tx, { id }) => {
      await tx.query('update clusters_of set n = n + 1 where batch_id = $1', [id]);
    };
    const { id, jobIds } = await bench.submit(batch([job('a', [step('one')])]));
    await bench.sql.query('insert into clusters_of (batch_id) values ($1)', [id]);
    const request = bench.sql.createQueryRunner();
    await request.startTransaction();
    try {
      await request.query('select 1 from clusters_of where batch_id = $1 for update', [id]);
      await bench.until(async () => {
        const waiting = await bench.sql.query<unknown[]>(
          `select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like 'update clusters_of%'
             and datname = current_database()`,
        );
        const ended = await bench.batchStatus(id);
        if (ended !== 'running') throw new Error('ended without its domain');
        return waiting.length > 0 ? true : undefined;
      }, 30_000);
      // The end waits for the domain's row and holds neither the batch nor its jobs.
      await request.query('select 1 from batches where id = $1 for update nowait', [id]);
      await request.query('select 1 from jobs where id = any($1) for update nowait', [jobIds]);
      await request.commitTransaction();
    } finally {
      await request.release();
    }
    expect(await bench.ended(id)).toBe('succeeded');
    expect(await bench.sql.query('select n from clusters_of')).toEqual([{ n: 1 }]);
  });

  it('is not halted by a job that is not critical, and is failed all the same', async () => {
    world.on('one', async ({ job: { label } }) => (label === 'minor' ? fail() : { outcome: 'success' }));
    const jobs = [{ ...job('minor'), critical: false }, job('major'), job('last')];
    const going = await bench.submit(batch(jobs, { mode: 'sequential', onFailure: 'stop' }));
    expect(await bench.ended(going.id)).toBe('failed');
    expect((await bench.jobs(going.id)).map(({ status }) => status)).toEqual(['failed', 'succeeded', 'succeeded']);
    world.on('two', fail);
    const stopped = await bench.submit(batch(jobs, { mode: 'sequential', onFailure: 'stop' }));
    expect(await bench.ended(stopped.id)).toBe('failed');
    expect((await bench.jobs(stopped.id)).map(({ attempt }) => attempt)).toEqual([1, 1, 0]);
  });
});

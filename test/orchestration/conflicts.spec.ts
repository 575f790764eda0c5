import { batch, Bench, job, step, World } from './probe.js';

describe('writes that get in each other’s way', () => {
  let bench: Bench;
  let world: World;

  beforeEach(async () => {
    world = new World();
    bench = await Bench.start(world);
  });
  afterEach(() => bench.close());

  it('an end that loses a deadlock is written again: the job does not fail for it', async () => {
    await bench.sql.query(`
      create sequence ends;
      create function lose_one_deadlock() returns trigger language plpgsql as $$ begin
        if nextval('ends') = 1 then raise exception 'deadlock detected' using errcode = '40P01'; end if;
        return new;
      end $$;
      create trigger lose_one_deadlock before update on jobs for each row
        when (new.status = 'succeeded') execute function lose_one_deadlock()`);
    const { id } = await bench.submit(batch([job('a')]));
    expect(await bench.ended(id)).toBe('succeeded');
    expect(await bench.jobs(id)).toMatchObject([{ status: 'succeeded', attempt: 1 }]);
    const [{ last_value: ends }] = await bench.sql.query<[{ last_value: string }]>('select last_value from ends');
    expect(ends).toBe('2');
  });

  it('a cancel takes its batch before the jobs, as planning does', async () => {
    const { id, jobIds } = await bench.submit(
      batch([job('a', [step('one')])], { scheduledFor: new Date(Date.now() + 3_600_000) }),
    );
    const planning = bench.sql.createQueryRunner();
    await planning.startTransaction();
    try {
      await planning.query('select 1 from batches where id = $1 for update', [id]);
      const cancelling = bench.cancel(jobIds);
      await bench.until(async () => {
        const waiting = await bench.sql.query<unknown[]>(
          `select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%from batches%for update%'
             and datname = current_database()`,
        );
        return waiting.length > 0 ? true : undefined;
      });
      const free = (await planning.query('select id from jobs where batch_id = $1 for update nowait', [
        id,
      ])) as unknown[];
      expect(free).toHaveLength(1);
      await planning.commitTransaction();
      expect(await cancelling).toEqual([...jobIds]);
    } finally {
      await planning.release();
    }
    expect(await bench.ended(id)).toBe('cancelled');
  });

  it('a wake-up that failed for good is made anew', async () => {
    const { id, jobIds } = await bench.submit(batch([job('a', [step('one')])], { maxParallel: 1 }));
    expect(await bench.ended(id)).toBe('succeeded');
    const jobId = jobIds[0];
    await bench.sql.query(`update batches set status = 'running', finished_at = null where id = $1`, [id]);
    // As after days without a claim: the queue keeps the wake-up and will not try it again.
    await bench.sql.transaction(async (tx) => {
      await tx.query(`select graphile_worker.add_job('job.run', json_build_object('id', $1::integer), job_key := $2)`, [
        jobId,
        `job:${jobId}`,
      ]);
      await tx.query('update graphile_worker._private_jobs set attempts = max_attempts where key = $1', [
        `job:${jobId}`,
      ]);
      await tx.query(
        `update jobs set status = 'queued', steps = jsonb_set(steps, '{0,status}', '"pending"'),
        current_step = 0 where id = $1`,
        [jobId],
      );
    });
    await bench.until(async () => ((await bench.jobs(id))[0]?.status === 'succeeded' ? true : undefined));
    expect(world.calls).toEqual(['one:a', 'one:a']);
  });
});

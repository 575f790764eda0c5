import type { ServerProcess } from '../support/server-process.js';
import { FleetApi } from './fleet-api.js';
import { startWorkerProcess } from './worker-process.js';

const COPY_LIMIT = 4;

/** Limits and order over four worker processes on one database; the devices are simulated. */
describe('four processes on one database', () => {
  let api: FleetApi;
  let image: number;
  let workers: ServerProcess[] = [];
  let count = 0;

  beforeAll(async () => {
    api = await FleetApi.start({ config: { copyLimit: COPY_LIMIT } });
    image = await api.upload('image.bin', Buffer.alloc(1_000, 'x'), { version: '2.0', platform: 'simulated' });
    workers = await Promise.all(Array.from({ length: 4 }, () => startWorkerProcess(api.app)));
  }, 120_000);
  afterAll(async () => {
    await Promise.all(workers.map((worker) => worker.end('SIGTERM')));
    workers = [];
    await api.close();
  });

  async function addDevices(howMany: number, stepMs: number): Promise<number[]> {
    count += 1;
    const rows = await api.sql.query<{ id: number }[]>(
      `with added as (
         insert into devices (hostname, ip_address, platform, version, simulation, port)
         select 'b' || $1::text || '-' || n, '127.0.0.1', 'simulated', '1.0', $3::jsonb, 22
         from generate_series(1, $2::integer) n returning id)
       select id from added order by id`,
      [count, howMany, JSON.stringify({ step_ms: stepMs })],
    );
    return rows.map(({ id }) => id);
  }

  async function trigger(devices: number[], body: Record<string, unknown> = {}) {
    return api.trigger({ devices, image_id: image, ...body });
  }

  const jobStates = async (batch: string): Promise<Record<string, number>> => {
    const rows = await api.sql.query<{ status: string; n: number }[]>(
      'select status, count(*)::integer as n from jobs where batch_id = $1 group by status',
      [batch],
    );
    return Object.fromEntries(rows.map(({ status, n }) => [status, n]));
  };

  /** Until the batch has ended; `sample` is asked all the while. */
  async function ended(batch: string, sample: () => Promise<void> = async () => undefined): Promise<string> {
    const end = Date.now() + 90_000;
    for (;;) {
      await sample();
      const [row] = await api.sql.query<{ status: string }[]>('select status from batches where id = $1', [batch]);
      if (row!.status !== 'running' && row!.status !== 'scheduled') return row!.status;
      if (Date.now() > end) throw new Error(`not ended: ${JSON.stringify(await jobStates(batch))}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  interface Span {
    readonly id: number;
    readonly from: number;
    readonly to: number;
    readonly attempt: number;
  }

  async function spans(batch: string): Promise<Span[]> {
    return api.sql.query<Span[]>(
      `select id, attempt, (extract(epoch from started_at) * 1e6)::double precision as from,
         (extract(epoch from finished_at) * 1e6)::double precision as to
       from jobs where batch_id = $1 order by id`,
      [batch],
    );
  }

  /** How many of them were in progress at the same time. */
  function mostAtOnce(all: readonly Pick<Span, 'from' | 'to'>[]): number {
    const events = all.flatMap(({ from, to }) => [
      { at: from, change: 1 },
      { at: to, change: -1 },
    ]);
    let now = 0;
    return events
      .sort((a, b) => a.at - b.at || a.change - b.change)
      .reduce((most, { change }) => Math.max(most, (now += change)), 0);
  }

  async function workersNow(): Promise<number> {
    const [row] = await api.sql.query<{ n: number }[]>(
      `select count(*)::integer as n from workers where heartbeat_at > now() - interval '10 s'`,
    );
    return row!.n;
  }

  it.each([
    ['at once', 0],
    ['scheduled', 1_500],
  ])('a sequential batch never overlaps and keeps its order (%s)', async (_when, inMs) => {
    expect(await workersNow()).toBe(4);
    const devices = await addDevices(20, 10);
    const schedule = inMs > 0 ? { schedule_time: new Date(Date.now() + inMs).toISOString() } : {};
    const { batch_id: batch } = await trigger(devices, { execution_mode: 'sequential', ...schedule });
    expect(await ended(batch)).toBe('succeeded');
    const all = await spans(batch);
    expect(all).toHaveLength(20);
    expect(mostAtOnce(all)).toBe(1);
    expect(all.map(({ from }) => from)).toEqual(all.map(({ from }) => from).sort((a, b) => a - b));
    expect(new Set(all.map(({ attempt }) => attempt))).toEqual(new Set([1]));
  });

  it('several sequential batches at once: each has one in progress', async () => {
    const batches = await Promise.all(
      [1, 2, 3].map(async () => trigger(await addDevices(10, 10), { execution_mode: 'sequential' })),
    );
    for (const { batch_id: batch } of batches) expect(await ended(batch)).toBe('succeeded');
    const all = await Promise.all(batches.map(({ batch_id: batch }) => spans(batch)));
    expect(all.map(mostAtOnce)).toEqual([1, 1, 1]);
  });

  it('max_parallel holds and is used', async () => {
    const { batch_id: batch } = await trigger(await addDevices(40, 20), { max_parallel: 3 });
    expect(await ended(batch)).toBe('succeeded');
    expect(mostAtOnce(await spans(batch))).toBe(3);
  });

  /**
   * Writes down each place that is taken and freed, with what its job's row says of the copy at that moment. In order of
   * `n`: no clock is compared with another.
   */
  async function recordPlaces(): Promise<void> {
    await api.sql.query(`
      create table places (n bigint generated always as identity, job_id integer, taken boolean, copy text,
        at timestamptz default clock_timestamp());
      create function record_place() returns trigger language plpgsql as $$
        declare job integer = coalesce(new.job_id, old.job_id);
        begin
          insert into places (job_id, taken, copy)
            select job, new.job_id is not null, steps -> 1 ->> 'status' from jobs where id = job;
          return null;
        end $$;
      create trigger record_place after update on limit_slots for each row
        when (new.name = 'copy' and old.job_id is distinct from new.job_id) execute function record_place()`);
  }

  it('the limit of copies holds over all processes, and frees all its places', async () => {
    await recordPlaces();
    const { batch_id: batch } = await trigger(await addDevices(200, 20));
    expect(await ended(batch)).toBe('succeeded');
    expect(await jobStates(batch)).toEqual({ succeeded: 200 });
    const held = await api.sql.query<{ from: number; to: number; before: string; after: string; covers: boolean }[]>(
      `select t.n::integer as from, f.n::integer as to, t.copy as before, f.copy as after,
         extract(epoch from f.at - t.at) + 0.002 >= extract(epoch from
           (j.steps -> 1 ->> 'finishedAt')::timestamptz - (j.steps -> 1 ->> 'startedAt')::timestamptz) as covers
       from jobs j join places t on t.job_id = j.id and t.taken join places f on f.job_id = j.id and not f.taken
       where j.batch_id = $1`,
      [batch],
    );
    // Each copy had a place, once, from before its start until its end was written, and for no less than it took.
    expect(held).toHaveLength(200);
    expect(held.filter(({ before, after, covers }) => before !== 'pending' || after !== 'success' || !covers)).toEqual(
      [],
    );
    const most = mostAtOnce(held);
    expect(most).toBeLessThanOrEqual(COPY_LIMIT);
    expect(most).toBeGreaterThan(1);
    expect(await api.sql.query('select 1 from limit_slots where job_id is not null')).toEqual([]);
  }, 120_000);

  it('status of 500 jobs by their ids answers while they run', async () => {
    const { job_ids: ids, batch_id: batch } = await trigger(await addDevices(500, 5));
    const times: number[] = [];
    const sample = async (): Promise<void> => {
      const from = performance.now();
      expect(await api.jobs(ids)).toHaveLength(500);
      times.push(performance.now() - from);
    };
    expect(await ended(batch, sample)).toBe('succeeded');
    times.sort((a, b) => a - b);
    const median = Math.round(times[Math.floor(times.length / 2)]!);
    process.stderr.write(`status of 500 jobs: ${median} ms median, ${Math.round(times.at(-1)!)} ms at most\n`);
  }, 120_000);

  it('a process that is stopped in good order in the middle of a batch loses and repeats nothing', async () => {
    const { batch_id: batch } = await trigger(await addDevices(60, 60));
    await ended(batch, async () => {
      const states = await jobStates(batch);
      if ((states['succeeded'] ?? 0) < 5 || workers.length < 4) return;
      const last = workers.pop()!;
      expect(await last.end('SIGTERM')).toBe(0);
    });
    expect(workers).toHaveLength(3);
    expect(await jobStates(batch)).toEqual({ succeeded: 60 });
    const [row] = await api.sql.query<{ n: number }[]>(
      `select count(*)::integer as n from (
         select l.job_id, l.text from job_logs l join jobs j on j.id = l.job_id
         where j.batch_id = $1 and l.text like '%: success%' group by 1, 2 having count(*) > 1) twice`,
      [batch],
    );
    expect(row!.n).toBe(0);
  }, 120_000);
});

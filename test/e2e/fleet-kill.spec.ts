import { FleetApp } from '../fleet/fleet.js';
import type { ServerProcess } from '../support/server-process.js';
import { startWorkerProcess } from './worker-process.js';

const SOAK_S = 6;

interface WaveRow {
  readonly status: string;
  readonly gate_verdict: string | null;
  readonly opened_at: Date | null;
  readonly jobs_ended_at: Date | null;
}

/**
 * A rollout in waves by worker processes that are killed: all of them, so that whatever is to happen next has nobody left
 * in memory who knows of it.
 */
describe('kill -9 of all workers in a rollout', () => {
  let fleet: FleetApp;
  let image: number;
  let workers: ServerProcess[] = [];

  beforeAll(async () => {
    fleet = await FleetApp.start();
    const [row] = await fleet.sql<{ id: number }>(
      `insert into images (filename, version, status, size_bytes, md5, pull_token)
       values ('new.bin', '2.0', 'ready', 1000, 'd41d8cd98f00b204e9800998ecf8427e', 'x') returning id`,
    );
    image = row!.id;
  });
  // One that is left over would do the next test's work, and hold the run when it is over.
  afterEach(() => killAll());
  afterAll(() => fleet.close());

  async function startWorker(): Promise<void> {
    workers = [await startWorkerProcess(fleet.running)];
  }

  async function killAll(): Promise<void> {
    await Promise.all(workers.map((worker) => worker.end('SIGKILL')));
    workers = [];
  }

  let sequence = 0;
  async function rollOut(count: number, soakS: number, stepMs: number): Promise<string> {
    const devices = await fleet.sql<{ id: string }>(
      `insert into devices (hostname, ip_address, platform, version, simulation)
       select $1 || n, '127.0.0.1', 'simulated', '1.0', $2::jsonb from generate_series(1, $3::integer) n
       returning id::text`,
      [`k${++sequence}-`, JSON.stringify({ step_ms: stepMs }), count],
    );
    const answer = await fleet.call('POST', '/batches', {
      targets: { kind: 'device', ids: devices.map(({ id }) => id) },
      action: 'upgrade',
      parameters: { image_id: image },
      waves: { by: 'count', count: 1 },
      gate: { max_failures: 0, soak_s: soakS },
    });
    if (answer.statusCode !== 201) throw new Error(answer.body);
    return answer.json<{ id: string }>().id;
  }

  const waves = (id: string) => fleet.sql<WaveRow>('select * from waves where batch_id = $1 order by ordinal', [id]);

  async function until<T>(ask: () => Promise<T | undefined>): Promise<T> {
    for (const end = Date.now() + 90_000; ; await new Promise((resolve) => setTimeout(resolve, 10))) {
      const answer = await ask();
      if (answer !== undefined) return answer;
      if (Date.now() > end) throw new Error('did not happen in time');
    }
  }

  async function ended(id: string): Promise<string> {
    return until(async () => {
      const [batch] = await fleet.sql<{ status: string }>(
        'select status from batches where id = $1 and finished_at is not null',
        [id],
      );
      return batch?.status;
    });
  }

  /** Each target was upgraded once, whoever did it, and each wave after the one before it had soaked. */
  async function expectAsPlanned(id: string, soakS: number): Promise<void> {
    const found = await waves(id);
    for (const [index, wave] of found.entries()) {
      expect(wave).toMatchObject({ status: 'done', gate_verdict: 'ADVANCE' });
      if (index === 0) continue;
      const soakedMs = wave.opened_at!.getTime() - found[index - 1]!.jobs_ended_at!.getTime();
      expect(soakedMs).toBeGreaterThanOrEqual(soakS * 1000);
    }
    const jobs = await fleet.sql<{ status: string; ends: string[] }>(
      `select j.status, array(select l.text from job_logs l where l.job_id = j.id and l.text like '%: success%'
         order by l.id) as ends
       from jobs j where j.batch_id = $1`,
      [id],
    );
    for (const job of jobs) {
      expect(job.status).toBe('succeeded');
      expect(job.ends.map((text) => text.split(':')[0])).toEqual([
        'Readiness Check',
        'Distribution',
        'Activation',
        'Post-Checks',
      ]);
    }
  }

  it('during a soak: it soaks to its end, and goes on', async () => {
    await startWorker();
    const id = await rollOut(2, SOAK_S, 20);
    await until(async () => ((await waves(id))[0]!.status === 'holding' ? true : undefined));
    await killAll();
    expect((await waves(id)).map(({ status }) => status)).toEqual(['holding', 'pending']);
    await startWorker();
    expect(await ended(id)).toBe('succeeded');
    await expectAsPlanned(id, SOAK_S);
    await killAll();
  });

  it('between waves, again and again: each target once, in order', async () => {
    await startWorker();
    const id = await rollOut(4, 0, 20);
    for (const next of [1, 3]) {
      // The moment the next wave is open: its job is released, and maybe claimed.
      await until(async () => ((await waves(id))[next]!.status !== 'pending' ? true : undefined));
      await killAll();
      await startWorker();
    }
    expect(await ended(id)).toBe('succeeded');
    await expectAsPlanned(id, 0);
  });

  it('in the transaction that starts a dialect’s own work: it is started once', async () => {
    await fleet.sql(`insert into drydock_nodes (hostname, status_name, power_state) values ('n1', 'New', 'off')`);
    const other = fleet.running.database.dataSource.createQueryRunner();
    await other.startTransaction();
    // Whoever stores a task has stored its batch before, and waits here.
    await other.query('lock table drydock_tasks in share mode');
    await startWorker();
    const answer = await fleet.call('POST', '/batches', {
      targets: { kind: 'drydock-node', ids: ['n1'] },
      action: 'verify_nodes',
      parameters: { design_ref: 'file:///nowhere.yaml' },
    });
    const { id } = answer.json<{ id: string }>();
    await until(async () => {
      const waiting = await fleet.sql(
        `select 1 from pg_locks where relation = 'drydock_tasks'::regclass and not granted
           and database = (select oid from pg_database where datname = current_database())`,
      );
      return waiting.length > 0 ? true : undefined;
    });
    await killAll();
    await other.rollbackTransaction();
    await other.release();
    const made = () =>
      fleet.sql<{ batch: string; followed: string | null }>(
        `select b.id as batch, (select j.steps -> 0 -> 'state' ->> 'followed' from jobs j where j.batch_id = $1) as followed
         from batches b where b.kind = 'drydock'`,
        [id],
      );
    expect(await made()).toEqual([]);
    await startWorker();
    // There is no such design; what counts here is that it was asked for once.
    expect(await ended(id)).toBe('failed');
    const found = await made();
    expect(found).toHaveLength(1);
    expect(found[0]!.followed).toBe(found[0]!.batch);
  });
});

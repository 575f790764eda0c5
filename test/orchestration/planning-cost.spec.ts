import { randomUUID } from 'node:crypto';
import { LOST_WAKE_UPS } from '../../src/orchestration/recovery.service.js';
import { wavesSql } from '../../src/orchestration/wave-facts.js';
import { cloneDatabase, type TestDatabase } from '../support/database.js';

const ENDED = 20_000;

interface PlanNode {
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly PlanNode[];
}

/** Rows of `jobs` that were looked at, whether they were wanted or not. */
function jobsRead(node: PlanNode): number {
  const own = (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'];
  const below = (node.Plans ?? []).reduce((sum, child) => sum + jobsRead(child), 0);
  return below + (node['Relation Name'] === 'jobs' ? own : 0);
}

describe('what planning and looking after a batch costs', () => {
  let database: TestDatabase;
  const id = randomUUID();

  beforeAll(async () => {
    database = await cloneDatabase();
    const sql = database.dataSource;
    await sql.query(`insert into waves (batch_id, ordinal, status) values ($1, 0, 'open')`, [id]);
    await sql.query(
      `insert into jobs (batch_id, wave, position, kind, target_kind, target_id, label, status, steps, input)
       select $1, 0, n, 'probe', 'probe', n::text, n::text, case when n < $2 then 'succeeded' else 'pending' end, '[]', '{}'
       from generate_series(0, $2::integer + 2) n`,
      [id, ENDED],
    );
    await sql.query('vacuum analyze jobs');
  });
  afterAll(() => database.drop());

  async function costOf(sql: string, parameters: unknown[] = []): Promise<number> {
    const [row] = await database.dataSource.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }[]>(
      `explain (analyze, format json) ${sql}`,
      parameters,
    );
    return jobsRead(row!['QUERY PLAN'][0].Plan);
  }

  it.each([
    ['unlimited', { mode: 'parallel', maxParallel: null }],
    ['sequential', { mode: 'sequential', maxParallel: null }],
  ] as const)('does not grow with the jobs that have ended: %s', async (_name, batch) => {
    const sql = wavesSql(batch);
    expect(await costOf(sql, [id])).toBeLessThan(100);
    const facts = await database.dataSource.query<unknown[]>(sql, [id]);
    expect(facts).toEqual([
      {
        ordinal: 0,
        status: 'open',
        pending: 3,
        queued: 0,
        active: 0,
        firstFailed: null,
        firstCriticalFailed: null,
        anySucceeded: false,
        anyCancelled: false,
        gate: null,
        gateOverridden: false,
        jobsTotal: null,
        jobsEndedAt: null,
        tally: null,
      },
    ]);
  });

  it('does not grow with the jobs that wait for their time', async () => {
    const sql = database.dataSource;
    await sql.query(
      `update jobs set status = 'waiting', wake_at = now() + interval '1 hour' where status = 'succeeded'`,
    );
    await sql.query('vacuum analyze jobs');
    expect(await costOf(LOST_WAKE_UPS)).toBeLessThan(100);
    const [late] = await sql.query<{ id: number }[]>(
      `with late as (update jobs set wake_at = now() - interval '1 minute' where position = 7 returning id) select id from late`,
    );
    expect(await sql.query<unknown[]>(LOST_WAKE_UPS)).toEqual([late]);
  });
});

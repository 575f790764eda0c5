import type pg from 'pg';

const JOBS_PER_BATCH = 100;
/** Rows of one statement: the transaction's locks and the log stay small. */
const CHUNK = 100_000;

/**
 * Rows as years of work leave them, up to so many jobs: batches of a hundred, nearly all of them ended well, of two
 * dialects and many people, with the lines of their logs and the records of who asked. The triggers that announce changes
 * are off meanwhile: nobody listens to what is loaded.
 */
export async function loadFleetRows(sql: pg.Pool, jobs: number): Promise<void> {
  const client = await sql.connect();
  try {
    await client.query(`set session_replication_role = replica; set synchronous_commit = off`);
    const { rows } = await client.query<{ jobs: number }>(
      `select coalesce(sum(jobs_total), 0)::integer as jobs from batches`,
    );
    for (let from = rows[0]!.jobs; from < jobs; from += CHUNK) {
      const size = Math.min(CHUNK, jobs - from);
      await client.query(BATCHES, [from / JOBS_PER_BATCH, size / JOBS_PER_BATCH]);
      await client.query(JOBS, [from / JOBS_PER_BATCH, size]);
      await client.query(LOGS, [from, size]);
      await client.query(DEVICES, [from / 10, size / 10]);
      await client.query(AUDIT, [from, size / 2]);
    }
    await client.query(`reset session_replication_role; reset synchronous_commit`);
    // What a running server's autovacuum does by itself within minutes.
    for (const table of ['batches', 'waves', 'jobs', 'job_logs', 'devices', 'audit_events']) {
      await client.query(`vacuum analyze ${table}`);
    }
  } finally {
    client.release();
  }
}

/** A number's own id, so that the jobs know their batch without being told. */
const BATCH_ID = (n: string) => `md5('batch ' || (${n}))::uuid`;
const CREATED = (n: string) => `timestamptz '2020-01-01' + (${n}) * interval '30 seconds'`;

const BATCHES = `
  with numbers as (select $1::integer + n - 1 as n from generate_series(1, $2::integer) n),
  made as (
    insert into batches (id, kind, dialect, mode, status, on_failure, request, jobs_total, created_by_name, created_at,
      started_at, finished_at)
    select ${BATCH_ID('n')}, dialect, dialect, 'parallel', case when n % 50 = 0 then 'failed' else 'succeeded' end, 'continue',
      '{}', ${JOBS_PER_BATCH}, 'person ' || n % 40, ${CREATED('n')}, ${CREATED('n')}, ${CREATED('n')}
    from numbers, lateral (select case when n % 10 = 0 then 'nodepool' else 'upgrade' end as dialect) d)
  insert into waves (batch_id, ordinal, status, jobs_total) select ${BATCH_ID('n')}, 0, 'done', ${JOBS_PER_BATCH} from numbers`;

const JOBS = `
  insert into jobs (batch_id, wave, position, kind, target_kind, target_id, label, status, steps, input, progress,
    created_at, started_at, finished_at)
  select ${BATCH_ID('b')}, 0, p, dialect, kind, target::text, 'device ' || target, status, $steps$
    [{"name": "Readiness Check", "kind": "readiness", "phase": "distributing", "config": {}, "status": "success"},
     {"name": "Distribution", "kind": "distribution", "phase": "distributing", "config": {}, "status": "success"}]$steps$,
    '{}', 100, ${CREATED('b')}, ${CREATED('b')}, ${CREATED('b')}
  from (select $1::integer + n / ${JOBS_PER_BATCH} as b, n % ${JOBS_PER_BATCH} as p, (n * 7919) % 5000 as target
      from generate_series(0, $2::integer - 1) n) numbers,
    lateral (select case when b % 10 = 0 then 'nodepool' else 'upgrade' end as dialect,
      case when b % 10 = 0 then 'pool-node' else 'device' end as kind,
      case when b % 50 = 0 and p < 3 then 'failed' when p = 50 and b % 100 = 1 then 'cancelled' else 'succeeded' end as status) s`;

const LOGS = `
  insert into job_logs (job_id, step, level, text)
  select id, 0, 'info', 'a line of the log' from jobs where id > $1::integer order by id limit $2`;

const DEVICES = `
  insert into devices (hostname, ip_address, platform, tags)
  select 'device ' || n, '127.0.0.1', 'simulated', '[]'
  from generate_series($1::integer + 1, $1::integer + $2::integer) n`;

const AUDIT = `
  insert into audit_events (at, user_name, address, user_agent, source, action, object_type, object_id, object_repr)
  select ${CREATED('n')}, 'person ' || n % 40, '127.0.0.1', '', 'token', case when n % 100 = 0 then 'batch.abort' else 'batch.create' end,
    'batch', ${BATCH_ID('n')}::text, 'a batch'
  from generate_series($1::integer, $1::integer + $2::integer - 1) n`;

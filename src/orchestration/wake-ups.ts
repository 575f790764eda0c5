import type { Sql } from './sql.js';

/**
 * Wake-ups: rows of graphile-worker's queue, added in the transaction that changes the state they announce. They carry
 * an id and nothing else; losing or doubling one changes nothing.
 */
export const JOB_RUN = 'job.run';
export const BATCH_ADVANCE = 'batch.advance';

/** What a job waits for whose window is closed. */
export const WINDOW = 'window';

/** SQL that wakes the job whose id is the given expression; `runAt` is an expression too. */
export function wakeJobSql(id: string, runAt = 'null'): string {
  return `graphile_worker.add_job('${JOB_RUN}', json_build_object('id', ${id}), run_at := ${runAt}, job_key := 'job:' || ${id})`;
}

/** SQL that has the batch planned again. Planning goes before any job, so that a full queue cannot starve it. */
export function advanceBatchSql(id: string): string {
  return `graphile_worker.add_job('${BATCH_ADVANCE}', json_build_object('id', ${id}), job_key := 'batch:' || ${id}, priority := -1)`;
}

export async function wakeJobs(sql: Sql, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  await sql.query(
    `select count(*) from graphile_worker.add_jobs(array(
       select ('${JOB_RUN}', json_build_object('id', id), null, null, null, 'job:' || id, null, null)::graphile_worker.job_spec
       from unnest($1::integer[]) id))`,
    [ids],
  );
}

/** Ends the wait of those of the jobs that wait for a time: what they wait for may have happened. */
export async function wakeWaitingJobs(sql: Sql, ids: readonly number[]): Promise<void> {
  const woken = await sql.query<{ id: number }[]>(
    `with chosen as (
       select id from jobs where id = any($1::integer[]) and status = 'waiting' and wake_at is not null
       order by id for update),
     woken as (update jobs set wake_at = now() from chosen where jobs.id = chosen.id returning jobs.id)
     select id from woken order by id`,
    [ids],
  );
  await wakeJobs(
    sql,
    woken.map(({ id }) => id),
  );
}

export async function advanceBatches(sql: Sql, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await sql.query(`select ${advanceBatchSql('id')} from unnest($1::uuid[]) id`, [[...ids].sort()]);
}

/** A durable timer. Under a key of its own: as the batch's other wake-up it would put off one that is to come at once. */
export async function advanceBatchAt(sql: Sql, id: string, at: Date): Promise<void> {
  await sql.query(
    `select graphile_worker.add_job('${BATCH_ADVANCE}', json_build_object('id', $1::uuid), run_at := $2::timestamptz,
       job_key := 'batch-timer:' || $1::uuid, priority := -1)`,
    [id, at],
  );
}

/** Windows or blackouts have changed: whoever waits for one asks again. */
export async function windowsChanged(sql: Sql): Promise<void> {
  const rows = await sql.query<{ id: number }[]>(
    `with woken as (
       update jobs set wake_at = now(), waiting_for = null where id in (
         select id from jobs where status = 'waiting' and waiting_for = '${WINDOW}' order by id for update)
       returning id)
     select id from woken`,
  );
  await wakeJobs(
    sql,
    rows.map(({ id }) => id),
  );
}

/** What a job waits for that follows another batch to its end. */
export function endOfBatch(batchId: string): string {
  return `batch:${batchId}`;
}

/** The batch has ended: whoever follows it goes on. */
export async function wakeFollowers(sql: Sql, batchId: string): Promise<void> {
  const rows = await sql.query<{ id: number }[]>(
    `with woken as (
       update jobs set wake_at = now(), waiting_for = null where id in (
         select id from jobs where status = 'waiting' and waiting_for = $1 order by id for update)
       returning id)
     select id from woken`,
    [endOfBatch(batchId)],
  );
  await wakeJobs(
    sql,
    rows.map(({ id }) => id),
  );
}

import type { Sql } from './sql.js';

/**
 * Wake-ups: rows of graphile-worker's queue, added in the transaction that changes the state they announce. They carry
 * an id and nothing else; losing or doubling one changes nothing.
 */
export const JOB_RUN = 'job.run';
export const BATCH_ADVANCE = 'batch.advance';

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

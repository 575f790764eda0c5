import { sources, unstartedSources, JOB_TRANSITIONS, WAVE_TRANSITIONS } from './states.js';
import { literals, type Sql } from './sql.js';

/** What is done to a whole batch, by the planner or by somebody. The caller holds the batch's row. */

/** Ends what was not started. Only states from which a job may end without having run. */
export async function endUnstarted(
  sql: Sql,
  batchId: string,
  status: 'failed' | 'cancelled',
  reason: string,
): Promise<void> {
  await sql.query(
    `with ended as (
       update jobs set status = $3, reason = $2, finished_at = now(), waiting_for = null
       where batch_id = $1 and status in (${literals(unstartedSources(status))}) returning id),
     lines as (
       insert into job_logs (job_id, level, text)
       select id, case when $3 = 'failed' then 'error' else 'warning' end, $2 from ended)
     select count(*) from ended`,
    [batchId, reason, status],
  );
  await sql.query(
    `update waves set status = 'halted', finished_at = now()
     where batch_id = $1 and status in (${literals(sources(WAVE_TRANSITIONS, 'halted'))})
       and not exists (select 1 from jobs j where j.batch_id = waves.batch_id and j.wave = waves.ordinal
         and j.status in ('running', 'waiting'))`,
    [batchId],
  );
}

/**
 * Nothing more is opened or released. What was released and not claimed is taken back, the mirror image of the claim;
 * its wake-up then finds nothing to take.
 */
export async function pauseBatch(sql: Sql, batchId: string, by: string, reason: string | null): Promise<void> {
  await sql.query(
    `update batches set paused_at = now(), paused_by = $2, paused_reason = $3, version = version + 1
     where id = $1 and paused_at is null`,
    [batchId, by, reason],
  );
  await sql.query(
    `update jobs set status = 'pending', waiting_for = null, reason = null
     where batch_id = $1 and status in (${literals(sources(JOB_TRANSITIONS, 'pending'))})`,
    [batchId],
  );
}

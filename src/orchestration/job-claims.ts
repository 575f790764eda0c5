import { violatedUnique } from '../database/pg-errors.js';
import type { BatchCalendar } from './batch-steering.js';
import type { Job } from './job.entity.js';
import { JOB_COLUMNS } from './job-columns.js';
import type { BatchMode, FailurePolicy } from './plan.js';
import { ACTIVE_JOB_STATUSES, JOB_TRANSITIONS, sources } from './states.js';
import { literals, type Sql } from './sql.js';

/** A job this process holds: its row as it was claimed, and what its batch says of refilling. */
export interface ClaimedJob extends Job {
  readonly workerId: string;
  readonly mode: BatchMode;
  readonly maxParallel: number | null;
  readonly onFailure: FailurePolicy;
  readonly calendar: BatchCalendar | null;
  /** The database's clock when it was claimed. */
  readonly databaseNow: Date;
}

/**
 * Takes a job, or returns null when it is not to be had: cancelled, ended, not due yet, held by a living worker, or
 * waiting for another job on the same target, which is then said on it.
 */
export async function claimJob(sql: Sql, jobId: number, workerId: string): Promise<ClaimedJob | null> {
  for (;;) {
    try {
      return await takeJob(sql, jobId, workerId);
    } catch (error) {
      if (violatedUnique(error) !== 'jobs_one_active_per_target') throw error;
      if (await noteBlockedByTarget(sql, jobId)) return null;
    }
  }
}

/** The mirror image of cancel: both are one conditional update, so exactly one wins. */
async function takeJob(sql: Sql, jobId: number, workerId: string): Promise<ClaimedJob | null> {
  const [job] = await sql.query<ClaimedJob[]>(
    `with claimed as (
       update jobs set status = 'running', attempt = attempt + 1, worker_id = $2, wake_at = null, waiting_for = null,
         reason = null, started_at = coalesce(started_at, now())
       where id = $1 and status in (${literals(sources(JOB_TRANSITIONS, 'running'))})
         and (status <> 'running' or worker_id is null)
         -- a wake-up that comes early (or twice) leaves a timer alone
         and (status <> 'waiting' or wake_at is null or wake_at <= now() + interval '20 milliseconds')
       returning *)
     select ${JOB_COLUMNS}, clock_timestamp() as "databaseNow", b.mode, b.max_parallel as "maxParallel", b.on_failure as "onFailure",
       b.calendar
     from claimed j join batches b on b.id = j.batch_id`,
    [jobId, workerId],
  );
  return job ?? null;
}

/**
 * A claim was refused by the one-active-job-per-target index: say so on the job, which stays queued (and can be
 * cancelled). Returns false when the target is free by now, so that the caller tries again.
 */
async function noteBlockedByTarget(sql: Sql, jobId: number): Promise<boolean> {
  const rows = await sql.query<unknown[]>(
    `with noted as (
       update jobs j set waiting_for = 'target', reason = 'Waits for job ' || other.id || ' on the same target'
       from jobs other
       where j.id = $1 and j.status = 'queued' and other.target_kind = j.target_kind and other.target_id = j.target_id
         and other.status in (${literals(ACTIVE_JOB_STATUSES)})
       returning j.id)
     select id from noted`,
    [jobId],
  );
  return rows.length > 0;
}

import { Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource, EntityManager } from 'typeorm';
import { advanceBatches, wakeJobs, wakeJobSql } from './wake-ups.js';

/** A process that was silent for this long is taken for dead. Heartbeats come every two seconds. */
export const DEAD_AFTER_S = 15;

/** A running batch that nobody planned for this long is looked at again. */
const UNPLANNED_S = 10;

/** Jobs that ought to have been woken. Each part is answered from a partial index, whoever else waits for an hour yet. */
export const LOST_WAKE_UPS = `select id from jobs where status = 'running' and worker_id is null
   union all
   select id from jobs where status = 'waiting' and wake_at < now() - interval '10 seconds'
   union all
   (select id from jobs where status = 'waiting' and wake_at is null and waiting_for is null limit 100)
   union all
   (select j.id from jobs j where j.status = 'waiting' and j.waiting_for like 'limit:%' and exists (
      select 1 from limit_slots s where s.name = substr(j.waiting_for, 7) and s.job_id is null)
    order by j.id limit 100)
   union all
   (select j.id from jobs j where j.status = 'queued' and j.waiting_for = 'target' and not exists (
      select 1 from jobs other where other.target_kind = j.target_kind and other.target_id = j.target_id
        and other.status in ('running', 'waiting')) limit 100)
   union all
   (select j.id from jobs j where j.status = 'queued' and j.waiting_for is null and not exists (
      select 1 from graphile_worker.jobs w where w.key = 'job:' || j.id and w.locked_at is null
        and w.attempts < w.max_attempts and w.run_at <= now() + interval '10 seconds') limit 500)
   limit 1000`;

/** What holds the orchestration up when a process or a wake-up is lost. Every method is harmless when repeated. */
@Injectable()
export class RecoveryService {
  private readonly logger = new Logger(RecoveryService.name);

  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /**
   * Takes the jobs of silent processes from them and wakes them for others. Not in the first seconds after PostgreSQL
   * came back: nobody could send a heartbeat while it was away.
   */
  async recoverDeadWorkers(tx: EntityManager): Promise<number> {
    const dead = await tx.query<{ id: string; hostname: string; pid: number; queueWorkerIds: string[] }[]>(
      `with dead as (
         delete from workers where heartbeat_at < now() - $1 * interval '1 second'
           and pg_postmaster_start_time() < now() - $1 * interval '1 second'
         returning id, hostname, pid, queue_worker_ids)
       select id, hostname, pid, queue_worker_ids as "queueWorkerIds" from dead`,
      [DEAD_AFTER_S],
    );
    for (const worker of dead) this.logger.warn(`worker ${worker.id} (${worker.hostname}, ${worker.pid}) is silent`);
    const locks = dead.flatMap(({ queueWorkerIds }) => queueWorkerIds);
    if (locks.length > 0) await tx.query('select graphile_worker.force_unlock_workers($1::text[])', [locks]);
    return orphanJobs(tx);
  }

  /**
   * Gives up jobs that the database says are this process's, though it does not work on them. `isHeld` is asked after
   * the rows were read: a process notes a job before it claims it, so one it does not know by then it never held.
   * `abort` is told of the jobs that somebody wants stopped.
   */
  async reconcile(
    workerId: string,
    isHeld: (jobId: number) => boolean,
    abort: (jobId: number, by: string) => void,
  ): Promise<void> {
    const claimed = await this.dataSource.query<{ id: number; attempt: number; by: string | null }[]>(
      `select id, attempt, abort_requested_by as by from jobs where worker_id = $1 and status = 'running'`,
      [workerId],
    );
    for (const { id, by } of claimed) if (by !== null) abort(id, by);
    const lost = claimed.filter(({ id }) => !isHeld(id));
    if (lost.length === 0) return;
    await this.dataSource.query(
      `with lost as (
         update jobs set worker_id = null from jsonb_to_recordset($2::jsonb) as seen(id integer, attempt integer)
         where jobs.id = seen.id and jobs.attempt = seen.attempt and worker_id = $1 and status = 'running'
         returning jobs.id)
       select count(${wakeJobSql('id')}) from lost`,
      [workerId, JSON.stringify(lost)],
    );
  }

  /**
   * Wakes whatever should have been woken: lost wake-ups delay, they never lose. One that failed counts as lost: the queue
   * would try it again only after minutes or hours, and at last not at all.
   */
  async rewake(tx: EntityManager): Promise<void> {
    const jobs = await tx.query<{ id: number }[]>(LOST_WAKE_UPS);
    await wakeJobs(
      tx,
      jobs.map(({ id }) => id),
    );
    const batches = await tx.query<{ id: string }[]>(
      `select id from batches where (status = 'running' or (status = 'scheduled' and ending_problem is not null))
         and coalesce(planned_at, created_at) < now() - $1 * interval '1 second' limit 1000`,
      [UNPLANNED_S],
    );
    await advanceBatches(
      tx,
      batches.map(({ id }) => id),
    );
    // A place whose job has ended (its worker died in between) is free.
    await tx.query(
      `update limit_slots set job_id = null where job_id is not null and not exists (
         select 1 from jobs where jobs.id = limit_slots.job_id and jobs.status in ('running', 'waiting'))`,
    );
  }
}

async function orphanJobs(tx: EntityManager): Promise<number> {
  const jobs = await tx.query<{ id: number }[]>(
    `with orphans as (
       update jobs set worker_id = null, steps = case when steps -> current_step is null then steps else
           jsonb_set(steps, array[current_step::text, 'losses'],
             to_jsonb(coalesce((steps -> current_step ->> 'losses')::integer, 0) + 1)) end
       where status = 'running' and worker_id is not null
         and not exists (select 1 from workers w where w.id = jobs.worker_id)
       returning id, current_step),
     lines as (
       insert into job_logs (job_id, step, level, text)
       select id, current_step, 'warning', 'The worker stopped answering; another one goes on' from orphans)
     select id from orphans`,
  );
  await wakeJobs(
    tx,
    jobs.map(({ id }) => id),
  );
  return jobs.length;
}

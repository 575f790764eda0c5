import type { ClaimedJob } from './job-claims.js';
import type { LogLevel } from './job-log.entity.js';
import { concurrency, lowWater } from './plan.js';
import { RELEASED_JOB_STATUSES, type JobStatus } from './states.js';
import { literals, type Sql } from './sql.js';
import { storableJson, storableText } from './storable.js';
import { advanceBatchSql, wakeJobSql } from './wake-ups.js';

/**
 * What a runner writes of the job it holds. Each function is one statement, fenced by the job's attempt and worker:
 * `false` means "no longer mine", and then nothing was written.
 */
export interface LogLine {
  readonly step: number | null;
  readonly level: LogLevel;
  /** ISO 8601. */
  readonly at: string;
  readonly text: string;
}

export interface Artifact {
  readonly kind: string;
  readonly name: string;
  readonly content: string;
}

/**
 * A domain's statement that changes rows, with its parameters from $1. It must join `held`: that holds the ended job's
 * row, and is empty when the job was no longer ours and nothing may be changed.
 */
export interface EndingWrite {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/** What goes with a write and is kept only when the write holds. */
export interface Attachments {
  readonly logs: readonly LogLine[];
  readonly artifacts: readonly Artifact[];
}

type JobFields = Pick<ClaimedJob, 'phase' | 'progress' | 'currentStep' | 'steps' | 'reason'>;

const FENCE = `id = $1 and attempt = $2 and worker_id = $3 and status = 'running'`;

const FIELDS = `phase = $4, progress = greatest(progress, $5::integer), current_step = $6, steps = $7::jsonb, reason = $8`;

const ATTACH = `
  lines as (
    insert into job_logs (job_id, step, level, at, text)
    select held.id, line.step, line.level, line.at, line.text
    from held, jsonb_to_recordset($9::jsonb) as line(step integer, level text, at timestamptz, text text)),
  kept as (
    insert into job_artifacts (job_id, kind, name, content)
    select held.id, file.kind, file.name, file.content
    from held, jsonb_to_recordset($10::jsonb) as file(kind text, name text, content text)
    on conflict (job_id, kind, name) do update set content = excluded.content, at = now())`;

const FREE_LIMITS = `
  freed as (update limit_slots set job_id = null where job_id in (select id from held) returning name),
  woken as (
    update jobs set waiting_for = null where id in (
      select waiter.id from (select distinct name from freed) f cross join lateral (
        select id from jobs where status = 'waiting' and waiting_for = 'limit:' || f.name
        order by id limit 1 for update skip locked) waiter)
    returning id)`;

/**
 * The oldest job that waits for a freed limit gets its wake-up with the freeing, and no longer counts as waiting for it:
 * two places that come free at the same time must not wake the same job and leave one of them empty.
 */
const WAKE_LIMIT_WAITERS = `(select count(${wakeJobSql('woken.id')}) from woken)`;

function parameters(job: ClaimedJob, fields: JobFields, attachments: Attachments): unknown[] {
  return [
    job.id,
    job.attempt,
    job.workerId,
    fields.phase,
    fields.progress,
    fields.currentStep,
    storableJson(fields.steps),
    fields.reason === null ? null : storableText(fields.reason),
    storableJson(attachments.logs),
    storableJson(attachments.artifacts),
  ];
}

export interface SavedJob {
  /** Who wants it stopped. */
  readonly abortRequestedBy: string | null;
}

/** The job goes on: progress, a step's end and the next one's start, what a step must remember. */
export async function saveJob(
  sql: Sql,
  job: ClaimedJob,
  fields: JobFields,
  attachments: Attachments,
  freeLimits: boolean,
): Promise<SavedJob | false> {
  const [saved] = await sql.query<SavedJob[]>(
    `with held as (update jobs set ${FIELDS} where ${FENCE} returning id, abort_requested_by), ${ATTACH}
     ${freeLimits ? `, ${FREE_LIMITS}` : ''}
     select held.abort_requested_by as "abortRequestedBy" ${freeLimits ? `, ${WAKE_LIMIT_WAITERS}` : ''} from held`,
    parameters(job, fields, attachments),
  );
  return saved ?? false;
}

export interface Park {
  readonly afterMs: number | null;
  readonly waitingFor: string | null;
  readonly freeLimits: boolean;
  /** Its step has announced an irreversible act: a wish to stop the job does not shorten the wait. */
  readonly mustSettle: boolean;
}

const STOPS_NOW = '(abort_requested_by is not null and not $13::boolean)';

/**
 * The job gives its slot back until `afterMs` from now (a durable timer), or until what it waits for is free. One that
 * was asked to stop meanwhile, and may be stopped, does not wait.
 */
export async function parkJob(
  sql: Sql,
  job: ClaimedJob,
  fields: JobFields,
  attachments: Attachments,
  park: Park,
): Promise<boolean> {
  const rows = await sql.query<unknown[]>(
    `with held as (
       update jobs set ${FIELDS}, status = 'waiting', worker_id = null,
         waiting_for = case when ${STOPS_NOW} then null else $12 end,
         wake_at = case when ${STOPS_NOW} then now() else now() + $11::double precision * interval '1 millisecond' end
       where ${FENCE} returning id, batch_id, wave, wake_at), ${ATTACH}
     ${park.freeLimits ? `, ${FREE_LIMITS}` : ''}
     select held.id, case when held.wake_at is not null then (${wakeJobSql('held.id', 'held.wake_at')}).id end
       ${concurrency(job) === null ? `, case when ${queueRunsLow(lowWater(job))} then (${advanceBatchSql('held.batch_id')}).id end` : ''}
       ${park.freeLimits ? `, ${WAKE_LIMIT_WAITERS}` : ''}
     from held`,
    [...parameters(job, fields, attachments), park.afterMs, park.waitingFor, park.mustSettle],
  );
  return rows.length > 0;
}

/** Parameters of `endJob`'s own; the domain's come after them. */
const END_PARAMETERS = 13;

function shifted(sql: string, by: number): string {
  return sql.replace(/\$(\d+)/g, (_whole, index: string) => `$${Number(index) + by}`);
}

export type EndedJobStatus = Extract<JobStatus, 'succeeded' | 'failed' | 'cancelled'>;

/** The job ends. Whoever waits for its target, and its batch where that may have room now, are woken with it. */
export async function endJob(
  sql: Sql,
  job: ClaimedJob,
  fields: JobFields,
  attachments: Attachments,
  status: EndedJobStatus,
  domain: EndingWrite | null = null,
): Promise<boolean> {
  const always = concurrency(job) !== null || (status === 'failed' && job.onFailure === 'stop');
  const isUnknown = fields.steps.some(({ unknown }) => unknown === true);
  const rows = await sql.query<unknown[]>(
    `with held as (
       update jobs set ${FIELDS}, status = $11, worker_id = null, waiting_for = null, finished_at = now(),
         unknown = $13
       where ${FENCE} returning *), ${ATTACH}, ${FREE_LIMITS}
     ${domain ? `, domain as (${shifted(domain.sql, END_PARAMETERS)})` : ''}
     select held.id, ${WAKE_LIMIT_WAITERS},
       (select count(${wakeJobSql('next.id')}) from (
          select id from jobs w where w.status = 'queued' and w.target_kind = held.target_kind
            and w.target_id = held.target_id order by id limit 1) next),
       case when $12 or ${queueRunsLow(lowWater(job))} or ${FEW_ARE_LEFT} then (${advanceBatchSql('held.batch_id')}).id end
     from held`,
    [...parameters(job, fields, attachments), status, always, isUnknown, ...(domain?.parameters ?? [])],
  );
  return rows.length > 0;
}

/**
 * A batch without a limit is planned again when its released wake-ups run out, so that its waiting jobs do not hold up
 * those that were not released yet. Counted with a cap, from partial indexes: the cost does not grow with the batch.
 */
function queueRunsLow(low: number): string {
  return `(
    (select count(*) from (select 1 from jobs q where q.batch_id = held.batch_id and q.wave = held.wave
        and q.status = 'queued' limit ${low + 1}) few) <= ${low}
     and exists (select 1 from jobs p where p.batch_id = held.batch_id and p.status = 'pending'))`;
}

/**
 * Near its end a batch is planned after each job: two that end at the same time each still see the other, hence "few
 * are left" and not "none is left". More than these at the same moment are noticed by the scheduler, seconds later.
 */
const FEW = 64;
const FEW_ARE_LEFT = `
  (select count(*) from (select 1 from jobs r where r.batch_id = held.batch_id and r.wave = held.wave
     and r.status in (${literals(RELEASED_JOB_STATUSES)}) limit ${FEW + 1}) left_over) <= ${FEW}`;

/** Gives up a job that is in progress, as far as it came, for another worker to resume at its first unfinished step. */
export async function releaseJob(
  sql: Sql,
  job: ClaimedJob,
  fields: JobFields,
  attachments: Attachments,
): Promise<boolean> {
  const rows = await sql.query<unknown[]>(
    `with held as (update jobs set ${FIELDS}, worker_id = null where ${FENCE} returning id), ${ATTACH}
     select held.id, (${wakeJobSql('held.id')}).id from held`,
    parameters(job, fields, attachments),
  );
  return rows.length > 0;
}

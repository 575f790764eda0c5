import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Conflict, Invalid } from '../common/errors.js';
import { Batch } from './batch.entity.js';
import type { ApprovalNeed, BatchCalendar } from './batch-steering.js';
import type { GateSpec } from './gate.js';
import { JobKinds } from './job-kinds.js';
import type { JobSpec } from './job-spec.js';
import type { BatchMode, FailurePolicy } from './plan.js';
import { ACTIVE_JOB_STATUSES, unstartedSources } from './states.js';
import { literals } from './sql.js';
import { storableJson } from './storable.js';
import { stepRecord } from './step.js';
import { advanceBatches, wakeJobs } from './wake-ups.js';

// Whoever submits batches plans jobs; the type has a file of its own because job kinds speak of it as well.
export type { JobSpec } from './job-spec.js';

/** What a wave is called and what must hold before the next one opens. */
export interface WaveSpec {
  readonly label: string;
  readonly gate: GateSpec | null;
}

/** What became of jobs that were asked to stop; those that had ended already are in neither list. */
export interface AbortedJobs {
  /** Had not started: cancelled with the call. */
  readonly cancelled: number[];
  /** In progress: each ends `cancelled` at its next safe point, unless it comes to its own end first. */
  readonly aborting: number[];
}

export interface BatchSpec {
  readonly kind: string;
  readonly mode: BatchMode;
  readonly onFailure: FailurePolicy;
  readonly maxParallel: number | null;
  readonly scheduledFor: Date | null;
  readonly request: Readonly<Record<string, unknown>>;
  readonly createdBy: { readonly id: number | null; readonly name: string };
  /** In order; a wave opens when the one before it is done. */
  readonly waves: readonly (readonly JobSpec[])[];
  /** One for each wave; without it they have neither names nor gates. */
  readonly waveSpecs?: readonly WaveSpec[];
  readonly name?: string | null;
  /** Whose targets it works on; the first part of `kind` unless stated. */
  readonly dialect?: string;
  /** Nothing starts before it was approved. */
  readonly approval?: ApprovalNeed | null;
  /** Nothing starts after it. */
  readonly deadline?: Date | null;
  readonly calendar?: BatchCalendar | null;
  readonly retryOf?: string | null;
  readonly rollBackOf?: string | null;
}

/** What of a batch its gates are about. */
export type PlannedWaves = Pick<BatchSpec, 'kind' | 'waves' | 'waveSpecs'>;

export interface SubmittedBatch {
  readonly id: string;
  /** In the order of the spec's jobs. */
  readonly jobIds: readonly number[];
}

/** Rows of one INSERT: large enough to be fast, small enough for memory. */
const CHUNK = 2_000;

/** Makes and cancels batches. Opens no transaction of its own in `submit`: it is a part of its caller's. */
@Injectable()
export class BatchesService {
  constructor(private readonly kinds: JobKinds) {}

  /** Stores a batch with all its jobs and has it planned. All of it or nothing, with the caller's transaction. */
  async submit(tx: EntityManager, spec: BatchSpec): Promise<SubmittedBatch> {
    const id = randomUUID();
    await this.assertRollsBack(tx, spec);
    for (const steps of new Set(spec.waves.flat().map((job) => job.steps))) this.kinds.assertRunnable(spec.kind, steps);
    await tx.insert(Batch, {
      id,
      kind: spec.kind,
      mode: spec.mode,
      status: spec.scheduledFor === null ? 'running' : 'scheduled',
      onFailure: spec.onFailure,
      maxParallel: spec.maxParallel,
      scheduledFor: spec.scheduledFor,
      request: spec.request as object,
      jobsTotal: spec.waves.reduce((sum, wave) => sum + wave.length, 0),
      createdBy: spec.createdBy.id,
      createdByName: spec.createdBy.name,
      startedAt: spec.scheduledFor === null ? () => 'now()' : null,
      name: spec.name ?? null,
      dialect: spec.dialect ?? spec.kind.split('.')[0]!,
      approval: (spec.approval ?? null) as object | null,
      deadline: spec.deadline ?? null,
      calendar: (spec.calendar ?? null) as object | null,
      retryOf: spec.retryOf ?? null,
      rollBackOf: spec.rollBackOf ?? null,
    });
    await insertWaves(tx, id, spec);
    const jobIds: number[] = [];
    for (const [ordinal, wave] of spec.waves.entries()) {
      for (let from = 0; from < wave.length; from += CHUNK) {
        jobIds.push(...(await insertJobs(tx, id, spec.kind, ordinal, jobIds.length, wave.slice(from, from + CHUNK))));
      }
    }
    await advanceBatches(tx, [id]);
    return { id, jobIds };
  }

  /** A gate that promises to undo what was done must be able to keep that: it is found out before anything is done. */
  async assertRollsBack(tx: EntityManager, { kind, waves, waveSpecs }: PlannedWaves): Promise<void> {
    if (!waveSpecs?.some(({ gate }) => gate?.onBreach === 'roll_back')) return;
    const { rollBack } = this.kinds.get(kind);
    const problem = rollBack
      ? await rollBack.refuse(tx, waves.flat())
      : `what jobs of kind ${kind} do cannot be undone`;
    if (problem !== null) throw new Invalid(`A gate cannot roll this batch back: ${problem}`, { code: 'no_roll_back' });
  }

  /**
   * Adds jobs to the last wave of a batch that has not ended. Called from `onFinished`, in the transaction that ends a job,
   * it lets what came of one job decide which come next: the batch never looks finished in between.
   */
  async append(tx: EntityManager, batchId: string, jobs: readonly JobSpec[]): Promise<number[]> {
    if (jobs.length === 0) return [];
    const batch = await tx.findOne(Batch, { where: { id: batchId }, lock: { mode: 'pessimistic_write' } });
    if (batch?.status !== 'running' && batch?.status !== 'scheduled') {
      throw new Conflict('The batch has ended and takes no more jobs');
    }
    for (const steps of new Set(jobs.map((job) => job.steps))) this.kinds.assertRunnable(batch.kind, steps);
    const [last] = await tx.query<{ ordinal: number }[]>(
      `select ordinal from waves where batch_id = $1 and status in ('pending', 'open') order by ordinal desc limit 1`,
      [batchId],
    );
    if (!last) throw new Conflict('The batch is coming to its end and takes no more jobs');
    const ids = await insertJobs(tx, batchId, batch.kind, last.ordinal, batch.jobsTotal, jobs);
    await tx.query('update batches set jobs_total = jobs_total + $2 where id = $1', [batchId, jobs.length]);
    await tx.query('update waves set jobs_total = jobs_total + $3 where batch_id = $1 and ordinal = $2', [
      batchId,
      last.ordinal,
      jobs.length,
    ]);
    await advanceBatches(tx, [batchId]);
    return ids;
  }

  /**
   * Cancels those of the jobs that nobody has claimed, in one conditional update; the others are left as they are.
   * Returns the ids that were cancelled. A cancelled job never touched its target.
   */
  async cancel(tx: EntityManager, kind: string, jobIds: readonly number[], by: string): Promise<number[]> {
    // The batches before their jobs, as planning locks them: the other way round the two could wait for each other.
    await tx.query(
      `select id from batches where id in (select batch_id from jobs where id = any($1::integer[]) and kind = $2)
       order by id for update`,
      [jobIds, kind],
    );
    const rows = await tx.query<{ id: number; batchId: string }[]>(
      `with chosen as (
         select id from jobs where id = any($1::integer[]) and kind = $2
           and status in (${literals(unstartedSources('cancelled'))})
         order by id for update),
       cancelled as (
         update jobs set status = 'cancelled', finished_at = now(), reason = 'Cancelled by ' || $3, waiting_for = null
         from chosen where jobs.id = chosen.id and status in (${literals(unstartedSources('cancelled'))})
         returning jobs.id, jobs.batch_id),
       lines as (insert into job_logs (job_id, level, text) select id, 'warning', 'Cancelled by ' || $3 from cancelled)
       select id, batch_id as "batchId" from cancelled order by id`,
      [jobIds, kind, by],
    );
    await advanceBatches(tx, [...new Set(rows.map(({ batchId }) => batchId))]);
    return rows.map(({ id }) => id);
  }

  /**
   * Stops jobs wherever they are: those that nobody has claimed are cancelled at once, those in progress are asked to
   * stop. A running step's signal aborts, but one that has announced an irreversible act is settled first.
   */
  async abort(tx: EntityManager, kind: string, jobIds: readonly number[], by: string): Promise<AbortedJobs> {
    const cancelled = await this.cancel(tx, kind, jobIds, by);
    // After the cancel: a job it found claimed meanwhile is in progress now, so that every job is in one of the lists or
    // has ended. One that waits is woken; what is held elsewhere is noticed there, by this wake-up or with a heartbeat.
    const rows = await tx.query<{ id: number }[]>(
      `with chosen as (
         select id from jobs where id = any($1::integer[]) and kind = $2
           and status in (${literals(ACTIVE_JOB_STATUSES)})
         order by id for update),
       asked as (
         update jobs set abort_requested_by = coalesce(abort_requested_by, $3),
           wake_at = case when status = 'waiting' then now() else wake_at end,
           waiting_for = case when status = 'waiting' then null else waiting_for end
         from chosen where jobs.id = chosen.id returning jobs.id, current_step),
       lines as (
         insert into job_logs (job_id, step, level, text)
         select id, current_step, 'warning', 'Asked to stop by ' || $3 from asked)
       select id from asked order by id`,
      [jobIds, kind, by],
    );
    const aborting = rows.map(({ id }) => id);
    await wakeJobs(tx, aborting);
    return { cancelled, aborting };
  }
}

async function insertWaves(tx: EntityManager, batchId: string, spec: BatchSpec): Promise<void> {
  const rows = spec.waves.map((jobs, ordinal) => ({
    ordinal,
    label: spec.waveSpecs?.[ordinal]?.label ?? '',
    jobs_total: jobs.length,
    gate: spec.waveSpecs?.[ordinal]?.gate ?? null,
  }));
  await tx.query(
    `insert into waves (batch_id, ordinal, status, label, jobs_total, gate)
     select $1, ordinal, 'pending', label, jobs_total, nullif(gate, 'null'::jsonb)
     from jsonb_to_recordset($2::jsonb) as row(ordinal integer, label text, jobs_total integer, gate jsonb)`,
    [batchId, JSON.stringify(rows)],
  );
}

async function insertJobs(
  tx: EntityManager,
  batchId: string,
  kind: string,
  wave: number,
  first: number,
  jobs: readonly JobSpec[],
): Promise<number[]> {
  // Jobs mostly share their steps: each plan is sent and parsed once, not a hundred thousand times.
  const plans = new Map(jobs.map((job) => [job.steps, job.goesOn ? job.steps : job.steps.map(stepRecord)]));
  const numberOf = new Map([...plans.keys()].map((steps, index) => [steps, index + 1]));
  const rows = jobs.map((job, index) => ({
    position: first + index,
    target_kind: job.targetKind,
    target_id: job.targetId,
    label: job.label,
    input: job.input,
    plan: numberOf.get(job.steps),
    critical: job.critical ?? true,
    site: job.site ?? null,
    tags: job.tags ?? [],
    retried_from: job.retriedFrom ?? null,
  }));
  const inserted = await tx.query<{ id: number }[]>(
    `with plans as materialized (
       select steps, number from jsonb_array_elements($5::jsonb) with ordinality as plan(steps, number)),
     inserted as (
       insert into jobs (batch_id, wave, position, kind, target_kind, target_id, label, status, steps, input,
         critical, site, tags, retried_from)
       select $1, $2, row.position, $3, row.target_kind, row.target_id, row.label, 'pending', plans.steps, row.input,
         row.critical, row.site, row.tags, row.retried_from
       from jsonb_to_recordset($4::jsonb) as row(position integer, target_kind text, target_id text, label text,
         plan bigint, input jsonb, critical boolean, site text, tags text[], retried_from integer)
       join plans on plans.number = row.plan
       order by row.position
       returning id, position)
     select id from inserted order by position`,
    [batchId, wave, kind, JSON.stringify(rows), storableJson([...plans.values()])],
  );
  return inserted.map(({ id }) => id);
}

import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Principal } from '../auth/principal.js';
import { Conflict, NotFound } from '../common/errors.js';
import { assertExpected } from '../common/expected-version.js';
import type { Steering } from './batch-control.service.js';
import { Batch } from './batch.entity.js';
import { BatchesService, type JobSpec, type SubmittedBatch } from './batches.service.js';
import { JobKinds } from './job-kinds.js';
import type { Job } from './job.entity.js';
import { JOB_COLUMNS } from './job-columns.js';
import type { JobKind } from './step-handler.js';
import { literals } from './sql.js';
import { Wave } from './wave.entity.js';

/** failed: those that failed. unfinished: those that were cancelled as well, for instance by a gate. */
export type RetriedTargets = 'failed' | 'unfinished';

export interface RetryWish {
  readonly targets: RetriedTargets;
  readonly by: Principal;
}

const STATUSES: Readonly<Record<RetriedTargets, readonly string[]>> = {
  failed: ['failed'],
  unfinished: ['failed', 'cancelled'],
};

/** Tries the targets of a batch again that did not end well: in a new batch, each from the step that failed. */
@Injectable()
export class BatchRetriesService {
  constructor(
    private readonly batches: BatchesService,
    private readonly kinds: JobKinds,
  ) {}

  /** Each job is tried again once; the next try is one of the batch that this returns. */
  async retry(tx: EntityManager, steering: Steering, wish: RetryWish): Promise<SubmittedBatch> {
    const batch = await tx.findOne(Batch, { where: { id: steering.id }, lock: { mode: 'pessimistic_write' } });
    if (!batch) throw new NotFound(`There is no batch ${steering.id}`);
    assertExpected(steering.expected, batch.version);
    if (batch.finishedAt === null) throw new Conflict('The batch has not ended', { code: 'batch_running' });
    const kind = this.kinds.find(batch.kind);
    if (!kind?.retry) throw new Conflict(`Jobs of kind ${batch.kind} cannot be tried again`, { code: 'not_retryable' });
    const jobs = await retriableJobs(tx, batch.id, STATUSES[wish.targets]);
    const retried = await this.submit(tx, batch, wish, jobs, kind);
    await keepArtifacts(tx, retried.id);
    await tx.query('update batches set version = version + 1 where id = $1', [batch.id]);
    return retried;
  }

  /** In the waves they were in, behind the same gates. */
  private async submit(
    tx: EntityManager,
    batch: Batch,
    wish: RetryWish,
    jobs: readonly Job[],
    jobKind: JobKind<unknown>,
  ): Promise<SubmittedBatch> {
    const waves = await tx.find(Wave, { where: { batchId: batch.id }, order: { ordinal: 'ASC' } });
    const parts = waves
      .map(({ ordinal, label, gate }) => ({
        spec: { label, gate },
        jobs: jobs.filter(({ wave }) => wave === ordinal).flatMap((job) => specOf(job, jobKind, wish.by)),
      }))
      .filter((part) => part.jobs.length > 0);
    if (parts.length === 0) throw new Conflict('There is nothing left to try again', { code: 'nothing_to_do' });
    const { kind, dialect, mode, onFailure, maxParallel, request, name, calendar, approval } = batch;
    return this.batches.submit(tx, {
      kind,
      dialect,
      mode,
      onFailure,
      maxParallel,
      scheduledFor: null,
      request,
      name,
      calendar,
      // What was said yes to was another set of targets.
      approval: approval && { ...approval, digest: '', expiresAt: null },
      createdBy: { id: wish.by.userId, name: wish.by.username },
      retryOf: batch.id,
      waves: parts.map((part) => part.jobs),
      waveSpecs: parts.map((part) => part.spec),
    });
  }
}

function specOf(job: Job, kind: JobKind<unknown>, by: Principal): JobSpec[] {
  const goOn = kind.retry?.(job.steps) ?? null;
  if (goOn === null) return [];
  const { targetKind, targetId, label, critical, site, tags } = job;
  const input = kind.retriedInput?.(job.input, by) ?? job.input;
  return [{ targetKind, targetId, label, input, critical, site, tags, steps: goOn, goesOn: true, retriedFrom: job.id }];
}

async function retriableJobs(tx: EntityManager, batchId: string, statuses: readonly string[]): Promise<Job[]> {
  return tx.query<Job[]>(
    `select ${JOB_COLUMNS} from jobs j where j.batch_id = $1 and j.status in (${literals(statuses)})
       and not exists (select 1 from jobs r where r.retried_from = j.id)
     order by j.position`,
    [batchId],
  );
}

/** What earlier steps kept is what later ones compare with. */
async function keepArtifacts(tx: EntityManager, batchId: string): Promise<void> {
  await tx.query(
    `insert into job_artifacts (job_id, kind, name, content)
     select j.id, a.kind, a.name, a.content from jobs j join job_artifacts a on a.job_id = j.retried_from
     where j.batch_id = $1`,
    [batchId],
  );
}

import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AuditService } from '../../auth/audit/audit.service.js';
import type { Principal } from '../../auth/principal.js';
import { BatchesService } from '../../orchestration/batches.service.js';
import type { BatchMode } from '../../orchestration/plan.js';
import type { BatchStatus, JobStatus } from '../../orchestration/states.js';
import type { StepRecord } from '../../orchestration/step.js';
import { UPGRADE } from './trigger.service.js';
import type { UpgradeInput } from './upgrade-subject.js';

/** An upgrade job with what its batch says of it: all a view needs, in one row. */
export interface UpgradeJob {
  readonly id: number;
  readonly batchId: string;
  readonly label: string;
  readonly status: JobStatus;
  readonly phase: string;
  readonly progress: number;
  readonly currentStep: number;
  readonly steps: readonly StepRecord[];
  readonly input: UpgradeInput;
  readonly reason: string | null;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly batchStatus: BatchStatus;
  readonly mode: BatchMode;
  readonly scheduledFor: Date | null;
  readonly createdBy: number | null;
  readonly createdByName: string;
}

export interface JobLogLine {
  readonly at: Date;
  readonly level: string;
  readonly text: string;
}

export interface StoredArtifact {
  readonly kind: string;
  readonly name: string;
  readonly content: string;
  readonly at: Date;
}

const SELECT = `select j.id, j.batch_id as "batchId", j.label, j.status, j.phase, j.progress, j.current_step as "currentStep",
    j.steps, j.input, j.reason, j.created_at as "createdAt", j.started_at as "startedAt", j.finished_at as "finishedAt",
    b.status as "batchStatus", b.mode, b.scheduled_for as "scheduledFor", b.created_by as "createdBy",
    b.created_by_name as "createdByName"
  from jobs j join batches b on b.id = j.batch_id`;

/** Reads and cancels upgrade jobs. */
@Injectable()
export class UpgradeJobsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly batches: BatchesService,
    private readonly audit: AuditService,
  ) {}

  /** Those of the ids that are upgrade jobs, by id. */
  listByIds(ids: readonly number[]): Promise<UpgradeJob[]> {
    return this.dataSource.query(`${SELECT} where j.id = any($1::integer[]) and j.kind = $2 order by j.id`, [
      ids,
      UPGRADE,
    ]);
  }

  listByBatch(batchId: string): Promise<UpgradeJob[]> {
    return this.dataSource.query(`${SELECT} where j.batch_id = $1 and j.kind = $2 order by j.id`, [batchId, UPGRADE]);
  }

  async count(): Promise<number> {
    const [total] = await this.dataSource.query<{ count: number }[]>(
      'select count(*)::integer as count from jobs where kind = $1',
      [UPGRADE],
    );
    return total?.count ?? 0;
  }

  /** Newest first. */
  page(offset: number, limit: number): Promise<UpgradeJob[]> {
    return this.dataSource.query(`${SELECT} where j.kind = $1 order by j.id desc limit $2 offset $3`, [
      UPGRADE,
      limit,
      offset,
    ]);
  }

  readLog(jobId: number): Promise<JobLogLine[]> {
    return this.dataSource.query('select at, level, text from job_logs where job_id = $1 order by id', [jobId]);
  }

  readArtifacts(jobId: number): Promise<StoredArtifact[]> {
    return this.dataSource.query(
      'select kind, name, content, at from job_artifacts where job_id = $1 order by kind, name',
      [jobId],
    );
  }

  /** When a worker process last showed that it is alive; null when none is there. */
  async lastWorkerBeat(): Promise<Date | null> {
    const [row] = await this.dataSource.query<{ at: Date | null }[]>('select max(heartbeat_at) as at from workers');
    return row?.at ?? null;
  }

  async countCheckRuns(): Promise<number> {
    const [total] = await this.dataSource.query<{ count: number }[]>(
      `select count(*)::integer as count from job_artifacts where kind in ('pre', 'post')`,
    );
    return total?.count ?? 0;
  }

  /** What checks printed, newest first, with the job each belongs to. */
  checkRuns(offset: number, limit: number): Promise<(StoredArtifact & { jobId: number })[]> {
    return this.dataSource.query(
      `select job_id as "jobId", kind, name, content, at from job_artifacts where kind in ('pre', 'post')
       order by id desc limit $1 offset $2`,
      [limit, offset],
    );
  }

  /** Cancels what is still unclaimed; the ids that were cancelled. */
  async cancel(principal: Principal, ids: readonly number[]): Promise<number[]> {
    return this.dataSource.transaction(async (tx) => {
      const cancelled = await this.batches.cancel(tx, UPGRADE, ids, principal.username);
      await this.audit.recordMany(
        tx,
        principal,
        cancelled.map((id) => ({ action: 'upgrade.cancel', objectType: 'job', objectId: id, objectRepr: `job ${id}` })),
      );
      return cancelled;
    });
  }
}

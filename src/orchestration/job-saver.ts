import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { DataSource, EntityManager } from 'typeorm';
import { isDatabaseUnavailable, isRetryableConflict } from '../database/pg-errors.js';
import type { JobRun } from './job-run.js';
import { endJob, parkJob, releaseJob, saveJob, type EndedJobStatus, type Park } from './job-writes.js';
import type { Sql } from './sql.js';
import type { EndedJob, JobKind, Json } from './step-handler.js';
import { LostJob } from './step-call.js';

const RETRY_MS = 500;
/** How long a write waits for a database that is away before the job is left to recovery. */
const PATIENCE_MS = 120_000;

/**
 * Writes one claimed job, one write after another. A database that is away is waited for, and a write that lost a deadlock
 * is done again, lest it fail a job that went well: every write carries the whole state and the claim's fence, so doing it
 * again is harmless.
 */
export class JobSaver {
  private readonly logger = new Logger(JobSaver.name);
  private tail: Promise<unknown> = Promise.resolve();
  private hasCheckpoint = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly sql: Sql,
    private readonly run: JobRun,
  ) {}

  /** Rejects with `LostJob` when the job is somebody else's. */
  async save(options: { freeLimits?: boolean } = {}): Promise<void> {
    await this.inTurn(() => {
      const attachments = this.run.take();
      // The fields anew at each try: the runner may go on while a checkpoint waits for the database, and a row whose
      // steps are newer than its current step could not be gone on with.
      return this.mine(async (sql) => {
        const saved = await saveJob(sql, this.run.job, this.run.fields(), attachments, options.freeLimits ?? false);
        if (saved) this.run.abort.note(saved.abortRequestedBy);
        return saved !== false;
      });
    });
  }

  /** What the domain writes, and what the current step remembers of it, in one transaction. */
  async saveWith(write: (tx: EntityManager) => Promise<Json>): Promise<void> {
    await this.inTurn(async () => {
      const step = this.run.step!;
      const before = step.state;
      const attachments = this.run.take();
      try {
        await this.mine((_sql) =>
          this.inTransaction(async (tx) => {
            step.state = { ...before, ...(await write(tx)) };
            return (await saveJob(tx, this.run.job, this.run.fields(), attachments, false)) !== false;
          }),
        );
      } catch (error) {
        step.state = before;
        this.run.putBack(attachments);
        throw error;
      }
    });
  }

  /** Progress and log lines of a step that takes long; a failure shows at the next write that matters. */
  checkpoint(): void {
    // While the database is away one waits for its turn; more would only write the same once more.
    if (this.hasCheckpoint) return;
    this.hasCheckpoint = true;
    this.save()
      .catch((error: unknown) => this.logger.debug(`checkpoint of job ${this.run.job.id}: ${String(error)}`))
      .finally(() => (this.hasCheckpoint = false));
  }

  async park(wait: Omit<Park, 'mustSettle'>, reason: string): Promise<void> {
    await this.inTurn(() => {
      const attachments = this.run.take();
      const fields = this.run.fields({ reason });
      const park = { ...wait, mustSettle: this.run.mustSettle };
      return this.mine((sql) => parkJob(sql, this.run.job, fields, attachments, park));
    });
  }

  async end(kind: JobKind<unknown>, status: EndedJobStatus, reason: string | null): Promise<void> {
    const { job, steps, reached } = this.run;
    // The row names the step it ended at; past the last one there is none.
    this.run.current = Math.min(this.run.current, Math.max(0, steps.length - 1));
    await this.inTurn(() => {
      const attachments = this.run.take();
      const fields = this.run.fields({ reason, progress: status === 'succeeded' ? 100 : reached });
      const { id, batchId, kind: name, targetId, input } = job;
      const ended: EndedJob = { id, batchId, kind: name, targetId, input, steps, status };
      const write = (sql: Sql) => endJob(sql, job, fields, attachments, status, kind.endingWrite?.(ended));
      if (!kind.onFinished) return this.mine(write);
      return this.mine((_sql) => this.endWithDomain(kind, ended, write));
    });
  }

  async release(): Promise<void> {
    await this.inTurn(() => {
      const attachments = this.run.take();
      const fields = this.run.fields();
      return this.mine((sql) => releaseJob(sql, this.run.job, fields, attachments));
    });
  }

  /** The domain's part first: the job's own write takes rows others wait for, so it comes last before the commit. */
  private async endWithDomain(
    kind: JobKind<unknown>,
    ended: EndedJob,
    write: (sql: Sql) => Promise<boolean>,
  ): Promise<boolean> {
    return this.inTransaction(async (tx) => {
      await kind.onFinished?.(tx, ended);
      return write(tx);
    });
  }

  /** False undoes all of it. */
  private async inTransaction(write: (tx: EntityManager) => Promise<boolean>): Promise<boolean> {
    try {
      await this.dataSource.transaction(async (tx) => {
        if (!(await write(tx))) throw new LostJob('ended or taken over elsewhere');
      });
      return true;
    } catch (error) {
      if (error instanceof LostJob) return false;
      throw error;
    }
  }

  private inTurn(write: () => Promise<void>): Promise<void> {
    const next = this.tail.then(write, write);
    this.tail = next.catch(() => undefined);
    return next;
  }

  private async mine(write: (sql: Sql) => Promise<boolean>): Promise<void> {
    const giveUpAt = Date.now() + PATIENCE_MS;
    for (;;) {
      try {
        if (await write(this.sql)) return;
        throw new LostJob('its attempt or its worker is outdated');
      } catch (error) {
        const mayPass = isDatabaseUnavailable(error) || isRetryableConflict(error);
        if (!mayPass || Date.now() > giveUpAt) throw error;
        await delay(RETRY_MS);
      }
    }
  }
}

import { Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource, EntityManager } from 'typeorm';
import { isDatabaseUnavailable, isRetryableConflict } from '../database/pg-errors.js';
import { Batch } from './batch.entity.js';
import { JobKinds } from './job-kinds.js';
import { BATCH_TRANSITIONS, sources } from './states.js';
import { literals } from './sql.js';
import { storableText } from './storable.js';
import { RollBacksService } from './roll-backs.service.js';
import type { EndedBatch } from './step-handler.js';
import { wakeFollowers } from './wake-ups.js';

const NOT_ENDED = ['scheduled', 'running'];

/** Ends batches together with what their domain makes of it. */
@Injectable()
export class BatchEndsService {
  private readonly logger = new Logger(BatchEndsService.name);

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly kinds: JobKinds,
    private readonly rollBacks: RollBacksService,
  ) {}

  /**
   * A domain that cannot record the end keeps its batch from ending: an end without it would leave the domain's own rows
   * in progress with nobody left to settle them. The batch says what is wrong and is tried again every few seconds, so
   * that it ends by itself when the cause is gone.
   */
  async end(batchId: string, status: EndedBatch['status']): Promise<void> {
    try {
      await this.dataSource.transaction((tx) => this.endWithDomain(tx, batchId, status));
    } catch (error) {
      if (isDatabaseUnavailable(error) || isRetryableConflict(error)) throw error;
      await this.noteProblem(batchId, error);
    }
  }

  /**
   * The domain's part first, as for jobs: a request has its rows locked when it comes to cancel a batch, so they come
   * before the batch everywhere. The advisory lock keeps two processes from asking the domain at the same time.
   */
  private async endWithDomain(tx: EntityManager, id: string, status: EndedBatch['status']): Promise<void> {
    const [lock] = await tx.query<{ mine: boolean }[]>(
      `select pg_try_advisory_xact_lock(hashtextextended('slipway batch end ' || $1, 0)) as mine`,
      [id],
    );
    const batch = lock?.mine ? await tx.findOneBy(Batch, { id }) : null;
    if (!batch || !NOT_ENDED.includes(batch.status)) return;
    const { kind, reason, request } = batch;
    await this.kinds.find(kind)?.onBatchEnded?.(tx, { id, kind, status, reason, request });
    const ended = await tx.query<unknown[]>(
      `with ended as (
         update batches set status = $2, ending_problem = null, finished_at = now()
         where id = $1 and status in (${literals(sources(BATCH_TRANSITIONS, status))}) returning id)
       select id from ended`,
      [id, status],
    );
    if (ended.length === 0) throw new Error(`The batch ${id} cannot become ${status}`);
    await wakeFollowers(tx, id);
    await this.rollBacks.rollBack(tx, batch);
  }

  private async noteProblem(id: string, error: unknown): Promise<void> {
    const problem = storableText(error instanceof Error ? error.message : String(error));
    const changed = await this.dataSource.query<unknown[]>(
      `with noted as (
         update batches set ending_problem = $2
         where id = $1 and status in (${literals(NOT_ENDED)}) and ending_problem is distinct from $2 returning id)
       select id from noted`,
      [id, problem],
    );
    if (changed.length === 0) return;
    this.logger.error(`The end of batch ${id} cannot be recorded: ${error instanceof Error ? error.stack : problem}`);
  }
}

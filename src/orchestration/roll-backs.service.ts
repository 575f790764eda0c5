import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Batch } from './batch.entity.js';
import { BatchesService } from './batches.service.js';
import { JobKinds } from './job-kinds.js';
import { JOB_COLUMNS } from './job-columns.js';
import type { Job } from './job.entity.js';
import { Wave } from './wave.entity.js';

/** Undoes what a batch did that its gate halted, where the gate says so: in a batch of its own, once. */
@Injectable()
export class RollBacksService {
  constructor(
    private readonly batches: BatchesService,
    private readonly kinds: JobKinds,
  ) {}

  /** A part of the transaction that ends the batch: nothing of it is in progress any more, and it ends only once. */
  async rollBack(tx: EntityManager, batch: Batch): Promise<void> {
    if (batch.haltedBy !== 'gate' || batch.haltedWave === null) return;
    const wave = await tx.findOneBy(Wave, { batchId: batch.id, ordinal: batch.haltedWave });
    const rollBack = this.kinds.find(batch.kind)?.rollBack;
    if (wave?.gate?.onBreach !== 'roll_back' || !rollBack) return;
    const touched = await tx.query<Job[]>(
      `select ${JOB_COLUMNS} from jobs j where j.batch_id = $1 and j.started_at is not null order by j.position`,
      [batch.id],
    );
    const jobs = await rollBack.plan(tx, touched);
    if (jobs.length === 0) return;
    const { kind, dialect, mode, maxParallel, request, name, calendar, createdBy, createdByName } = batch;
    await this.batches.submit(tx, {
      kind,
      dialect,
      mode,
      // One device that cannot be brought back is no reason to leave the others.
      onFailure: 'continue',
      maxParallel,
      scheduledFor: null,
      request,
      name,
      calendar,
      createdBy: { id: createdBy, name: createdByName },
      rollBackOf: batch.id,
      waves: [jobs],
      waveSpecs: [{ label: 'roll back', gate: null }],
    });
  }
}

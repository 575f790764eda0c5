import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource, EntityManager } from 'typeorm';
import { Config } from '../config/config.js';
import { Batch } from './batch.entity.js';
import { BatchEndsService } from './batch-ends.service.js';
import { plan, type Action, type WaveFacts } from './plan.js';
import { BATCH_TRANSITIONS, sources, unstartedSources, WAVE_TRANSITIONS, type WaveStatus } from './states.js';
import { literals } from './sql.js';
import { advanceBatches, wakeJobs } from './wake-ups.js';
import { wavesSql } from './wave-facts.js';

const CHANGES_THE_PLAN: ReadonlySet<Action['kind']> = new Set(['start', 'miss', 'halt']);

/**
 * Has a batch planned and does what the plan says, in one transaction that holds the batch's row. Only its end is a
 * transaction of its own.
 */
@Injectable()
export class AdvanceService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly config: Config,
    private readonly ends: BatchEndsService,
  ) {}

  async advance(batchId: string): Promise<void> {
    const actions = await this.dataSource.transaction(async (tx) => {
      const batch = await tx.findOne(Batch, { where: { id: batchId }, lock: { mode: 'pessimistic_write' } });
      if (!batch) return [];
      const [clock] = await tx.query<{ now: Date }[]>('select clock_timestamp() as now');
      const waves = await tx.query<WaveFacts[]>(wavesSql(batch), [batchId]);
      const actions = plan(batch, waves, clock!.now, this.config.values.scheduleGrace);
      for (const action of actions) await this.apply(tx, batch, action);
      await tx.query('update batches set planned_at = now() where id = $1', [batchId]);
      // These change what the plan sees: plan again, in a transaction of its own.
      if (actions.some(({ kind }) => CHANGES_THE_PLAN.has(kind))) await advanceBatches(tx, [batchId]);
      return actions;
    });
    for (const action of actions) if (action.kind === 'finish') await this.ends.end(batchId, action.status);
  }

  private async apply(tx: EntityManager, batch: Batch, action: Action): Promise<void> {
    switch (action.kind) {
      case 'start':
        return startBatch(tx, batch.id);
      case 'miss':
        return this.miss(tx, batch, action.lateS);
      case 'open':
        return setWaveStatus(tx, batch.id, action.wave, 'open');
      case 'close':
        return setWaveStatus(tx, batch.id, action.wave, 'done');
      case 'release':
        return release(tx, batch.id, action.wave, action.count);
      case 'halt':
        return failUnstarted(tx, batch.id, `Not started: batch halted after job ${action.failedJob} failed`);
      case 'finish':
        return;
    }
  }

  private async miss(tx: EntityManager, batch: Batch, lateS: number): Promise<void> {
    const due = batch.scheduledFor?.toISOString();
    const grace = this.config.values.scheduleGrace;
    const reason = `Not started: it was due at ${due} and noticed ${lateS} s late, the grace is ${grace} s`;
    await failUnstarted(tx, batch.id, reason);
    await tx.query('update batches set reason = $2 where id = $1', [batch.id, reason]);
  }
}

async function release(tx: EntityManager, batchId: string, wave: number, count: number): Promise<void> {
  const rows = await tx.query<{ id: number }[]>(
    `with picked as (
       select id from jobs where batch_id = $1 and wave = $2 and status = 'pending'
       order by position limit $3 for update skip locked),
     released as (
       update jobs set status = 'queued' from picked where jobs.id = picked.id and status = 'pending'
       returning jobs.id, position)
     select id from released order by position`,
    [batchId, wave, count],
  );
  await wakeJobs(
    tx,
    rows.map(({ id }) => id),
  );
}

async function startBatch(tx: EntityManager, id: string): Promise<void> {
  await tx.query(
    `update batches set status = 'running', started_at = now()
     where id = $1 and status in (${literals(sources(BATCH_TRANSITIONS, 'running'))})`,
    [id],
  );
}

async function setWaveStatus(tx: EntityManager, id: string, wave: number, to: WaveStatus): Promise<void> {
  await tx.query(
    `update waves set status = $3, opened_at = case when $3 = 'open' then now() else opened_at end,
       finished_at = case when $3 = 'open' then null else now() end
     where batch_id = $1 and ordinal = $2 and status in (${literals(sources(WAVE_TRANSITIONS, to))})`,
    [id, wave, to],
  );
}

/** Ends what was not started. Only states from which a job may fail without having run. */
async function failUnstarted(tx: EntityManager, batchId: string, reason: string): Promise<void> {
  await tx.query(
    `with ended as (
       update jobs set status = 'failed', reason = $2, finished_at = now(), waiting_for = null
       where batch_id = $1 and status in (${literals(unstartedSources('failed'))}) returning id)
     insert into job_logs (job_id, level, text) select id, 'error', $2 from ended`,
    [batchId, reason],
  );
  await tx.query(
    `update waves set status = 'halted', finished_at = now()
     where batch_id = $1 and status in (${literals(sources(WAVE_TRANSITIONS, 'halted'))})
       and not exists (select 1 from jobs j where j.batch_id = waves.batch_id and j.wave = waves.ordinal
         and j.status in ('running', 'waiting'))`,
    [batchId],
  );
}

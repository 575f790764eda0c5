import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource, EntityManager } from 'typeorm';
import { Config } from '../config/config.js';
import { ApprovalChecks } from './approval-checks.js';
import { Batch } from './batch.entity.js';
import { BatchEndsService } from './batch-ends.service.js';
import { endUnstarted, pauseBatch } from './batch-writes.js';
import { lookAgainAt, plan, type Action, type WaveFacts } from './plan.js';
import { BATCH_TRANSITIONS, sources } from './states.js';
import { literals } from './sql.js';
import { advanceBatchAt, advanceBatches, wakeJobs } from './wake-ups.js';
import { readWaves } from './wave-facts.js';
import { closeWave, holdWave, noteVerdict, openWave } from './wave-writes.js';

const CHANGES_THE_PLAN: ReadonlySet<Action['kind']> = new Set(['start', 'miss', 'halt', 'expire', 'breach']);

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
    private readonly approvals: ApprovalChecks,
  ) {}

  async advance(batchId: string): Promise<void> {
    const actions = await this.dataSource.transaction(async (tx) => {
      const batch = await tx.findOne(Batch, { where: { id: batchId }, lock: { mode: 'pessimistic_write' } });
      return batch ? this.advanceHeld(tx, batch) : [];
    });
    for (const action of actions) if (action.kind === 'finish') await this.ends.end(batchId, action.status);
  }

  private async advanceHeld(tx: EntityManager, batch: Batch): Promise<Action[]> {
    const [clock] = await tx.query<{ now: Date }[]>('select clock_timestamp() as now');
    const waves = await readWaves(tx, batch.id, batch);
    const actions = plan(batch, waves, clock!.now, this.config.values.scheduleGrace);
    if (begins(waves, actions) && (await this.isVoid(tx, batch))) return [];
    // Some change what the plan sees: then it is planned again, in a transaction of its own.
    let again = false;
    for (const action of actions) again = (await this.apply(tx, batch, action)) || again;
    await tx.query('update batches set planned_at = now() where id = $1', [batch.id]);
    if (again) await advanceBatches(tx, [batch.id]);
    const at = lookAgainAt(batch, waves, clock!.now);
    if (at !== null) await advanceBatchAt(tx, batch.id, at);
    return actions;
  }

  /** What was approved must still be what is done; somebody has to say yes to it anew otherwise. */
  private async isVoid(tx: EntityManager, batch: Batch): Promise<boolean> {
    const why = batch.approval === null ? null : await this.approvals.voidBecause(tx, batch);
    if (why === null) return false;
    await tx.query(
      'update batches set approved_at = null, reason = $2, version = version + 1, planned_at = now() where id = $1',
      [batch.id, `The approval is void: ${why}`],
    );
    return true;
  }

  /** Whether the batch must be planned again at once. */
  private async apply(tx: EntityManager, batch: Batch, action: Action): Promise<boolean> {
    switch (action.kind) {
      case 'open':
        await openWave(tx, batch.id, action.wave);
        return false;
      case 'close':
        await closeWave(tx, batch.id, action.wave, action.decision);
        return false;
      case 'hold':
        return holdWave(tx, batch.id, action.wave, action.decision);
      case 'release':
        await release(tx, batch.id, action.wave, action.count);
        return false;
      case 'start':
        await startBatch(tx, batch.id);
        break;
      case 'miss':
        await this.miss(tx, batch, action);
        break;
      case 'halt':
        await halt(tx, batch.id, action.failedJob);
        break;
      case 'expire':
        await expire(tx, batch);
        break;
      case 'breach':
        await breach(tx, batch.id, action);
        break;
      case 'finish':
        break;
    }
    return CHANGES_THE_PLAN.has(action.kind);
  }

  private async miss(tx: EntityManager, batch: Batch, miss: Extract<Action, { kind: 'miss' }>): Promise<void> {
    const due = batch.scheduledFor?.toISOString();
    const grace = this.config.values.scheduleGrace;
    const reason = miss.unapproved
      ? `Not started: it was due at ${due} and not approved by then, the grace is ${grace} s`
      : `Not started: it was due at ${due} and noticed ${miss.lateS} s late, the grace is ${grace} s`;
    await endUnstarted(tx, batch.id, 'failed', reason);
    await tx.query('update batches set reason = $2 where id = $1', [batch.id, reason]);
  }
}

function begins(waves: readonly WaveFacts[], actions: readonly Action[]): boolean {
  return actions.some(({ kind }) => kind === 'open') && waves.every(({ status }) => status === 'pending');
}

async function halt(tx: EntityManager, batchId: string, failedJob: number): Promise<void> {
  await endUnstarted(tx, batchId, 'failed', `Not started: batch halted after job ${failedJob} failed`);
  await tx.query(
    `update batches set halted_by = 'failure', version = version + 1 where id = $1 and halted_by is null`,
    [batchId],
  );
}

async function expire(tx: EntityManager, batch: Batch): Promise<void> {
  const reason = `Not started: the deadline ${batch.deadline?.toISOString()} is over`;
  await endUnstarted(tx, batch.id, 'cancelled', reason);
  await tx.query(
    `update batches set reason = $2, halted_by = coalesce(halted_by, 'deadline'), version = version + 1 where id = $1`,
    [batch.id, reason],
  );
}

/** What never started is cancelled, not failed: its target was never touched. */
async function breach(tx: EntityManager, batchId: string, action: Extract<Action, { kind: 'breach' }>): Promise<void> {
  const { wave, spec, decision } = action;
  await noteVerdict(tx, batchId, wave, decision);
  if (spec.onBreach === 'pause') return pauseBatch(tx, batchId, `gate of wave ${wave}`, decision.reason);
  const reason = `Halted by the gate of wave ${wave}: ${decision.reason}`;
  await endUnstarted(tx, batchId, 'cancelled', `Not started: ${lowerFirst(reason)}`);
  await tx.query(
    `update batches set halted_by = 'gate', halted_wave = $2, reason = $3, version = version + 1 where id = $1`,
    [batchId, wave, reason],
  );
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
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

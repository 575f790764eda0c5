import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Conflict, NotFound } from '../common/errors.js';
import { assertExpected, type ExpectedVersion } from '../common/expected-version.js';
import { Batch } from './batch.entity.js';
import { pauseBatch } from './batch-writes.js';
import { BatchesService, type AbortedJobs } from './batches.service.js';
import { plan, type Action } from './plan.js';
import { ACTIVE_JOB_STATUSES, UNSTARTED_JOB_STATUSES, type BatchStatus } from './states.js';
import { literals } from './sql.js';
import { advanceBatches } from './wake-ups.js';
import { readWaves } from './wave-facts.js';

/** Who does something to which batch, and which state of it they saw. */
export interface Steering {
  readonly id: string;
  readonly by: string;
  readonly expected?: ExpectedVersion;
}

export interface SteeredBatch {
  readonly id: string;
  readonly status: BatchStatus;
  readonly version: number;
}

export interface CheckReport {
  readonly name: string;
  readonly passed: boolean;
  readonly message: string;
}

/**
 * What people do to a whole batch. Each verb is a part of its caller's transaction, which also records it; a batch that has
 * ended takes none of them.
 */
@Injectable()
export class BatchControlService {
  constructor(private readonly batches: BatchesService) {}

  /** Nothing more is opened or released; what runs goes on. */
  async pause(tx: EntityManager, steering: Steering, reason: string | null = null): Promise<SteeredBatch> {
    const batch = await this.hold(tx, steering);
    if (batch.pausedAt !== null) throw new Conflict('The batch is paused already', { code: 'paused' });
    await pauseBatch(tx, batch.id, steering.by, reason);
    return this.steered(tx, batch.id);
  }

  /** A gate that says no is not passed by: it has to be overridden, and then says who did. */
  async resume(tx: EntityManager, steering: Steering, options = { overrideGate: false }): Promise<SteeredBatch> {
    const batch = await this.hold(tx, steering);
    if (batch.pausedAt === null) throw new Conflict('The batch is not paused', { code: 'not_paused' });
    const breach = await findBreach(tx, batch);
    if (breach && !options.overrideGate) {
      const details = { code: 'gate_closed', wave: breach.wave, reason: breach.decision.reason };
      throw new Conflict(`The gate of wave ${breach.wave} says no: ${breach.decision.reason}`, details);
    }
    if (breach) {
      await tx.query('update waves set gate_overridden_by = $3 where batch_id = $1 and ordinal = $2', [
        batch.id,
        breach.wave,
        steering.by,
      ]);
    }
    return this.change(
      tx,
      batch.id,
      'paused_at = null, paused_by = null, paused_reason = null, resumed_at = clock_timestamp()',
    );
  }

  /** All of it stops: what has not started is cancelled, running steps stop at their next safe point. */
  async abort(tx: EntityManager, steering: Steering): Promise<SteeredBatch & AbortedJobs> {
    const batch = await this.hold(tx, steering);
    const ids = await jobIds(tx, batch.id, [...UNSTARTED_JOB_STATUSES, ...ACTIVE_JOB_STATUSES]);
    const stopped = await this.batches.abort(tx, batch.kind, ids, steering.by);
    return { ...(await this.stop(tx, steering)), ...stopped };
  }

  /** Only what has not started. What runs goes on to its end. */
  async cancel(tx: EntityManager, steering: Steering): Promise<SteeredBatch & Pick<AbortedJobs, 'cancelled'>> {
    const batch = await this.hold(tx, steering);
    const ids = await jobIds(tx, batch.id, UNSTARTED_JOB_STATUSES);
    const cancelled = await this.batches.cancel(tx, batch.kind, ids, steering.by);
    if (cancelled.length === 0) throw new Conflict('All jobs of the batch have started', { code: 'nothing_to_do' });
    return { ...(await this.stop(tx, steering)), cancelled };
  }

  /** The batch has the approvals it needs: whoever counts them says so. */
  async approve(tx: EntityManager, steering: Steering): Promise<SteeredBatch> {
    const batch = await this.hold(tx, steering);
    if (batch.approval === null) throw new Conflict('The batch needs no approval', { code: 'needs_no_approval' });
    return this.change(tx, batch.id, 'approved_at = coalesce(approved_at, clock_timestamp())');
  }

  /** What it was approved for has changed. Only before anything of it has begun. */
  async unapprove(tx: EntityManager, steering: Steering): Promise<SteeredBatch> {
    const batch = await this.hold(tx, steering);
    const begun = await tx.query<unknown[]>(`select 1 from waves where batch_id = $1 and status <> 'pending' limit 1`, [
      batch.id,
    ]);
    if (begun.length > 0) throw new Conflict('The batch has begun', { code: 'batch_begun' });
    return this.change(tx, batch.id, 'approved_at = null');
  }

  /** Somebody outside says how a wave does. The last word counts; the gate is asked at once. */
  async reportCheck(tx: EntityManager, steering: Steering, wave: number, report: CheckReport): Promise<SteeredBatch> {
    const batch = await this.hold(tx, steering);
    const [row] = await tx.query<{ status: string; asks: boolean }[]>(
      `select status, coalesce(gate -> 'checks' @> jsonb_build_array(jsonb_build_object('name', $3::text)), false) as asks
       from waves where batch_id = $1 and ordinal = $2`,
      [batch.id, wave, report.name],
    );
    if (!row) throw new NotFound(`The batch has no wave ${wave}`);
    if (!row.asks) throw new NotFound(`The gate of wave ${wave} does not ask for a check ${report.name}`);
    if (row.status !== 'open' && row.status !== 'holding') {
      throw new Conflict(`Wave ${wave} is not under way`, { code: 'wave_not_open' });
    }
    await tx.query(
      `insert into gate_checks (batch_id, wave, name, passed, message, reported_by, at)
       values ($1, $2, $3, $4, $5, $6, clock_timestamp())
       on conflict (batch_id, wave, name) do update set passed = excluded.passed, message = excluded.message,
         reported_by = excluded.reported_by, at = excluded.at`,
      [batch.id, wave, report.name, report.passed, report.message, steering.by],
    );
    await advanceBatches(tx, [batch.id]);
    return { id: batch.id, status: batch.status, version: batch.version };
  }

  private stop(tx: EntityManager, { id, by }: Steering): Promise<SteeredBatch> {
    return this.change(tx, id, 'aborted_by = coalesce(aborted_by, $2)', [by]);
  }

  /** Takes the batch's row until the transaction ends. */
  private async hold(tx: EntityManager, { id, expected }: Steering): Promise<Batch> {
    const batch = await tx.findOne(Batch, { where: { id }, lock: { mode: 'pessimistic_write' } });
    if (!batch) throw new NotFound(`There is no batch ${id}`);
    assertExpected(expected, batch.version);
    if (batch.status !== 'scheduled' && batch.status !== 'running') {
      throw new Conflict(`The batch has ${batch.status === 'cancelled' ? 'been cancelled' : batch.status}`, {
        code: 'batch_ended',
        status: batch.status,
      });
    }
    return batch;
  }

  private async change(tx: EntityManager, id: string, set: string, values: unknown[] = []): Promise<SteeredBatch> {
    await tx.query(`update batches set ${set}, version = version + 1 where id = $1`, [id, ...values]);
    await advanceBatches(tx, [id]);
    return this.steered(tx, id);
  }

  private async steered(tx: EntityManager, id: string): Promise<SteeredBatch> {
    const [row] = await tx.query<SteeredBatch[]>('select id, status, version from batches where id = $1', [id]);
    return row!;
  }
}

/** What the planner would say of the gates if the batch were not paused. */
async function findBreach(tx: EntityManager, batch: Batch): Promise<Extract<Action, { kind: 'breach' }> | undefined> {
  const [clock] = await tx.query<{ now: Date }[]>('select clock_timestamp() as now');
  const waves = await readWaves(tx, batch.id, batch);
  return plan({ ...batch, pausedAt: null }, waves, clock!.now, 0).find((action) => action.kind === 'breach');
}

async function jobIds(tx: EntityManager, batchId: string, statuses: readonly string[]): Promise<number[]> {
  const rows = await tx.query<{ id: number }[]>(
    `select id from jobs where batch_id = $1 and status in (${literals(statuses)}) order by id`,
    [batchId],
  );
  return rows.map(({ id }) => id);
}

import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { AuditService } from '../../auth/audit/audit.service.js';
import type { Principal } from '../../auth/principal.js';
import { once, repeated, type IdempotentRequest } from '../../http/idempotency/idempotency.js';
import {
  type BatchSpec,
  BatchesService,
  type PlannedWaves,
  type SubmittedBatch,
} from '../../orchestration/batches.service.js';
import type { Sql } from '../../orchestration/sql.js';
import { BatchPreparation } from './batch-preparation.service.js';
import type { BatchRequest } from './batch-request.js';
import { BatchRules, type BatchTimes } from './batch-rules.js';
import { timesOf } from './batch-times.js';
import type { PreparedBatch } from './prepared-batch.js';

/** Makes batches of any dialect's targets. `prepare` decides all of it and stores nothing; `submit` stores it, whole or not. */
@Injectable()
export class FleetBatches {
  constructor(
    private readonly dataSource: DataSource,
    private readonly preparation: BatchPreparation,
    private readonly rules: BatchRules,
    private readonly batches: BatchesService,
    private readonly audit: AuditService,
  ) {}

  /** Reads before the transaction: one that waits for a second connection while it holds the first can starve all. */
  async create(principal: Principal, request: BatchRequest, repeat: IdempotentRequest | null): Promise<{ id: string }> {
    const answered = await repeated<{ id: string }>(this.dataSource, repeat);
    if (answered) return answered;
    const prepared = await this.prepare(this.dataSource, principal, request);
    return this.dataSource.transaction((tx) =>
      once(tx, repeat, async () => ({ id: (await this.submit(tx, principal, prepared)).id })),
    );
  }

  prepare(sql: Sql, principal: Principal, request: BatchRequest): Promise<PreparedBatch> {
    return this.preparation.prepare(sql, principal, request);
  }

  /** Throws all that `submit` would refuse the batch for, and stores nothing. */
  async assertMay(prepared: PreparedBatch, times: BatchTimes): Promise<void> {
    const { manager } = this.dataSource;
    await this.rules.assertMay(manager, prepared, times);
    await this.batches.assertRollsBack(manager, wavesOf(prepared));
  }

  /** Part of the caller's transaction. Throws what speaks against it as it is: a calendar it does not fit. */
  async submit(
    tx: EntityManager,
    principal: Principal,
    prepared: PreparedBatch,
    times: BatchTimes = timesOf(prepared.request, new Date()),
  ): Promise<SubmittedBatch> {
    await this.rules.assertMay(tx, prepared, times);
    const batch = await this.batches.submit(tx, specOf(principal, prepared, times));
    const { request, kind, targetCount } = prepared;
    await this.audit.record(tx, principal, {
      action: 'batch.create',
      objectType: 'batch',
      objectId: batch.id,
      objectRepr: request.name ?? `${request.action} of ${targetCount} ${kind.kind}`,
      after: { action: request.action, kind: kind.kind, targets: targetCount, waves: prepared.waves.length, ...times },
    });
    await this.rules.opened(tx, batch.id);
    return batch;
  }
}

function specOf(principal: Principal, prepared: PreparedBatch, times: BatchTimes): BatchSpec {
  const { request, kind } = prepared;
  const { approval, calendar } = request;
  const expiresAt =
    approval?.expires_min === undefined ? null : new Date(Date.now() + approval.expires_min * 60_000).toISOString();
  return {
    ...wavesOf(prepared),
    dialect: kind.dialect,
    name: request.name ?? null,
    mode: request.mode ?? 'parallel',
    onFailure: request.on_failure ?? 'continue',
    maxParallel: request.max_parallel ?? null,
    scheduledFor: times.scheduledFor,
    deadline: times.deadline,
    request: { action: request.action, kind: kind.kind },
    createdBy: { id: principal.userId, name: principal.username },
    approval: approval ? { needed: approval.needed, digest: '', expiresAt } : null,
    calendar: calendar ? { windows: calendar.windows ?? [], requireWindow: calendar.require_window ?? false } : null,
  };
}

function wavesOf({ jobKind, waves }: PreparedBatch): PlannedWaves {
  return {
    kind: jobKind,
    waves: waves.map(({ targets }) => targets.map(({ job }) => job)),
    waveSpecs: waves.map(({ label, gate }) => ({ label, gate })),
  };
}

import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Sql } from '../../orchestration/sql.js';
import type { PreparedBatch } from './prepared-batch.js';

/** From when it may run, and after when nothing of it starts. */
export interface BatchTimes {
  /** Null: now. */
  readonly scheduledFor: Date | null;
  readonly deadline: Date | null;
}

/** What another part of the fleet has to say when a batch is made. */
export interface BatchRule {
  /** Throws a `DomainError` when the batch could not run as it is. Reads only. */
  assertMay?(sql: Sql, batch: PreparedBatch, times: BatchTimes): Promise<void>;
  /** In the transaction that stored the batch, after it was stored; also of one that tries another's targets again. */
  opened?(tx: EntityManager, batchId: string): Promise<void>;
}

/** A port: the calendar and the approvals register here, so that making a batch knows neither. */
@Injectable()
export class BatchRules {
  private readonly rules: BatchRule[] = [];

  register(rule: BatchRule): void {
    this.rules.push(rule);
  }

  async assertMay(sql: Sql, batch: PreparedBatch, times: BatchTimes): Promise<void> {
    for (const rule of this.rules) await rule.assertMay?.(sql, batch, times);
  }

  async opened(tx: EntityManager, batchId: string): Promise<void> {
    for (const rule of this.rules) await rule.opened?.(tx, batchId);
  }
}

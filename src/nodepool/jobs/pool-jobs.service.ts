import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { BatchesService } from '../../orchestration/batches.service.js';
import type { StepSpec } from '../../orchestration/step.js';
import type { Asker } from '../nodepool-work.js';

/** The job kinds of the pool, and the kind of target each works on. */
export const POOL_TARGETS = {
  'nodepool.node': 'pool-node',
  'nodepool.image': 'provider-image',
  'nodepool.dib': 'dib-image',
} as const;
export type PoolKind = keyof typeof POOL_TARGETS;

export interface PoolWish {
  readonly kind: PoolKind;
  /** `launch`, `upload`, `snapshot`, `build`, `delete`. */
  readonly act: string;
  /** The row it is about. */
  readonly id: number;
  readonly label: string;
  readonly steps: readonly StepSpec[];
  readonly by: Asker;
}

interface OpenJob {
  readonly id: number;
  readonly batchId: string;
  readonly act: string;
}

/** Has the orchestration fulfil wishes: one batch each, one job on one row. */
@Injectable()
export class PoolJobs {
  constructor(private readonly batches: BatchesService) {}

  async submit(tx: EntityManager, wish: PoolWish): Promise<string> {
    const { kind, act, id, label, steps, by } = wish;
    const input = { act };
    const batch = await this.batches.submit(tx, {
      kind,
      mode: 'parallel',
      onFailure: 'continue',
      maxParallel: null,
      scheduledFor: null,
      request: { act, label },
      createdBy: by,
      waves: [[{ targetKind: POOL_TARGETS[kind], targetId: String(id), label, input, steps }]],
    });
    return batch.id;
  }

  /** The batch that is at the act already, if there is one. */
  async underWay(tx: EntityManager, kind: PoolKind, id: number, act: string): Promise<string | null> {
    const jobs = await openJobs(tx, kind, id);
    return jobs.find((job) => job.act === act)?.batchId ?? null;
  }

  /**
   * Whatever else works on the row is asked to stop, and its deletion is submitted unless one is under way: the orchestration
   * lets it begin when the row is nobody else's any more. The caller holds the row's lock, so two wishes make one job.
   */
  async replaceByDeletion(tx: EntityManager, wish: PoolWish): Promise<void> {
    const jobs = await openJobs(tx, wish.kind, wish.id);
    const others = jobs.filter(({ act }) => act !== 'delete').map(({ id }) => id);
    if (others.length > 0) await this.batches.abort(tx, wish.kind, others, wish.by.name);
    if (others.length === jobs.length) await this.submit(tx, wish);
  }
}

function openJobs(tx: EntityManager, kind: PoolKind, id: number): Promise<OpenJob[]> {
  return tx.query<OpenJob[]>(
    `select id, batch_id as "batchId", input ->> 'act' as act from jobs
     where target_kind = $1 and target_id = $2 and status in ('pending', 'queued', 'running', 'waiting') order by id`,
    [POOL_TARGETS[kind], String(id)],
  );
}

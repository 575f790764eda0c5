import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { NotFound } from '../../common/errors.js';
import type { JobStatus } from '../../orchestration/states.js';
import { Conditions } from '../paging/conditions.js';
import { listPage, type ListOrder } from '../paging/list-page.js';
import type { Page, PageWish } from '../paging/page.js';
import { storedTargetKinds, type TargetName } from '../targets/target-name.js';
import {
  BATCH_COLUMNS,
  type BatchDetail,
  type BatchRow,
  type JobCounts,
  WAVE_COLUMNS,
  type WaveRow,
} from './batch-rows.js';

export interface BatchFilter {
  readonly statuses?: readonly string[];
  readonly dialect?: string;
  readonly kind?: string;
  readonly creator?: string;
  readonly target?: TargetName;
  readonly createdAfter?: Date;
  readonly createdBefore?: Date;
  readonly paused?: boolean;
  readonly retryOf?: string;
  readonly rollBackOf?: string;
}

const NEWEST_FIRST: ListOrder = {
  list: 'batches',
  direction: 'desc',
  keys: [
    { column: 'b.created_at', type: 'timestamptz' },
    { column: 'b.id', type: 'uuid' },
  ],
};

/** Batches of every dialect, as they are. */
@Injectable()
export class BatchReads {
  constructor(private readonly dataSource: DataSource) {}

  list(filter: BatchFilter, wish: PageWish): Promise<Page<BatchRow>> {
    return listPage<BatchRow>(this.dataSource, {
      order: NEWEST_FIRST,
      columns: BATCH_COLUMNS,
      from: 'batches b',
      where: conditionsOf(filter),
      ...(filter.statuses && { oneOf: { column: 'b.status', values: filter.statuses } }),
      wish,
    });
  }

  async get(id: string): Promise<BatchDetail> {
    const [batch] = await this.dataSource.query<BatchRow[]>(`select ${BATCH_COLUMNS} from batches b where b.id = $1`, [
      id,
    ]);
    if (!batch) throw new NotFound(`No batch has the id ${id}.`);
    const waves = await this.wavesOf(id);
    const { counts, progress } = await this.counted(id);
    return { ...batch, waves, counts, progress };
  }

  async waves(id: string): Promise<readonly WaveRow[]> {
    await this.requireBatch(id);
    return this.wavesOf(id);
  }

  async requireBatch(id: string): Promise<void> {
    const rows = await this.dataSource.query<unknown[]>('select 1 from batches where id = $1', [id]);
    if (rows.length === 0) throw new NotFound(`No batch has the id ${id}.`);
  }

  private wavesOf(id: string): Promise<WaveRow[]> {
    return this.dataSource.query(`select ${WAVE_COLUMNS} from waves w where w.batch_id = $1 order by w.ordinal`, [id]);
  }

  private async counted(id: string): Promise<{ counts: JobCounts; progress: number }> {
    const rows = await this.dataSource.query<{ status: JobStatus; count: number; progress: number }[]>(
      `select status, count(*)::integer as count, sum(case when finished_at is null then progress else 100 end)::float8 as progress
       from jobs where batch_id = $1 group by status order by status`,
      [id],
    );
    const total = rows.reduce((sum, { count }) => sum + count, 0);
    const done = rows.reduce((sum, { progress }) => sum + progress, 0);
    return {
      counts: Object.fromEntries(rows.map(({ status, count }) => [status, count])),
      progress: total === 0 ? 0 : Math.floor(done / total),
    };
  }
}

function conditionsOf(filter: BatchFilter): Conditions {
  const where = new Conditions()
    .addIf(filter.dialect, (dialect) => `b.dialect = ${dialect}`)
    .addIf(filter.kind, (kind) => `b.kind = ${kind}`)
    .addIf(filter.creator, (name) => `b.created_by_name = ${name}`)
    .addIf(filter.createdAfter, (at) => `b.created_at >= ${at}`)
    .addIf(filter.createdBefore, (at) => `b.created_at < ${at}`)
    .addIf(filter.paused, (paused) => `(b.paused_at is not null) = ${paused}::boolean`)
    .addIf(filter.retryOf, (id) => `b.retry_of = ${id}::uuid`)
    .addIf(filter.rollBackOf, (id) => `b.roll_back_of = ${id}::uuid`);
  const { target } = filter;
  if (target) {
    where.add(
      (parameter) => `b.id in (select j.batch_id from jobs j
        where j.target_kind = any(${parameter(storedTargetKinds(target.kind))}) and j.target_id = ${parameter(target.id)})`,
    );
  }
  return where;
}

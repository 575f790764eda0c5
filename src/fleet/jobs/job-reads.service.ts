import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { NotFound } from '../../common/errors.js';
import { TargetKinds } from '../../orchestration/targets/target-kinds.js';
import { Conditions } from '../paging/conditions.js';
import { listPage, type ListOrder } from '../paging/list-page.js';
import type { Page, PageWish } from '../paging/page.js';
import { storedTargetKinds, type TargetName } from '../targets/target-name.js';
import { JOB_ROW_COLUMNS, type JobDetail, type JobRow } from './job-rows.js';

export interface JobFilter {
  readonly statuses?: readonly string[];
  readonly dialect?: string;
  readonly target?: TargetName;
  readonly batchId?: string;
  readonly wave?: number;
  readonly creator?: string;
  readonly site?: string;
  readonly tag?: string;
  readonly unknown?: boolean;
  readonly workerId?: string;
  readonly createdAfter?: Date;
  readonly createdBefore?: Date;
}

const NEWEST_FIRST: ListOrder = {
  list: 'jobs',
  direction: 'desc',
  keys: [
    { column: 'j.created_at', type: 'timestamptz' },
    { column: 'j.id', type: 'integer' },
  ],
};

/** A batch's own jobs come in the order in which they are to be done. */
const IN_ORDER: ListOrder = { list: 'batch jobs', direction: 'asc', keys: [{ column: 'j.id', type: 'integer' }] };

/** Jobs of every batch, as they are. */
@Injectable()
export class JobReads {
  constructor(
    private readonly dataSource: DataSource,
    private readonly kinds: TargetKinds,
  ) {}

  list(filter: JobFilter, wish: PageWish): Promise<Page<JobRow>> {
    const { statuses, dialect } = filter;
    const where = conditionsOf(filter);
    const byStatus = statuses && { column: 'j.status', values: statuses };
    const byKind = dialect === undefined ? undefined : { column: 'j.target_kind', values: this.targetKindsOf(dialect) };
    // Only one filter can lead; the other is looked at row by row.
    if (byStatus && byKind) where.add((parameter) => `j.target_kind = any(${parameter(byKind.values)}::text[])`);
    const oneOf = byStatus ?? byKind;
    return listPage<JobRow>(this.dataSource, {
      order: filter.batchId === undefined ? NEWEST_FIRST : IN_ORDER,
      columns: JOB_ROW_COLUMNS,
      from: 'jobs j',
      where,
      ...(oneOf && { oneOf }),
      wish,
    });
  }

  /** A dialect that has no targets has no jobs. */
  private targetKindsOf(dialect: string): string[] {
    return this.kinds
      .all()
      .flatMap((kind) =>
        kind.dialect === dialect ? [...storedTargetKinds(kind.kind), ...(kind.jobTargetKinds ?? [])] : [],
      );
  }

  async get(id: number): Promise<JobDetail> {
    const [job] = await this.dataSource.query<JobDetail[]>(
      `select ${JOB_ROW_COLUMNS}, j.current_step as "currentStep", j.steps, w.opened_at as "waveOpenedAt"
       from jobs j left join waves w on w.batch_id = j.batch_id and w.ordinal = j.wave where j.id = $1`,
      [id],
    );
    if (!job) throw new NotFound(`No job has the id ${id}.`);
    return job;
  }
}

function conditionsOf(filter: JobFilter): Conditions {
  const where = new Conditions()
    .addIf(filter.batchId, (id) => `j.batch_id = ${id}::uuid`)
    .addIf(filter.wave, (wave) => `j.wave = ${wave}::integer`)
    .addIf(filter.site, (site) => `j.site = ${site}`)
    .addIf(filter.tag, (tag) => `${tag} = any(j.tags)`)
    .addIf(filter.unknown, (unknown) => `j.unknown = ${unknown}::boolean`)
    .addIf(filter.workerId, (id) => `j.worker_id = ${id}::uuid`)
    .addIf(filter.creator, (name) => `j.batch_id in (select b.id from batches b where b.created_by_name = ${name})`)
    .addIf(filter.createdAfter, (at) => `j.created_at >= ${at}`)
    .addIf(filter.createdBefore, (at) => `j.created_at < ${at}`);
  const { target } = filter;
  if (target) {
    where.add(
      (parameter) =>
        `j.target_kind = any(${parameter(storedTargetKinds(target.kind))}::text[]) and j.target_id = ${parameter(target.id)}`,
    );
  }
  return where;
}

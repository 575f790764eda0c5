import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { NotFound } from '../../common/errors.js';
import { Conditions } from '../paging/conditions.js';
import { listPage, type ListOrder } from '../paging/list-page.js';
import type { Page, PageWish } from '../paging/page.js';

export interface WorkerRow {
  readonly id: string;
  readonly hostname: string;
  readonly pid: number;
  readonly slots: number;
  readonly stopping: boolean;
  readonly startedAt: Date;
  readonly heartbeatAt: Date;
  /** Jobs it holds: at most its slots. */
  readonly running: number;
}

const COLUMNS = `w.id, w.hostname, w.pid, w.slots, w.stopping, w.started_at as "startedAt", w.heartbeat_at as "heartbeatAt",
  (select count(*)::integer from jobs j where j.worker_id = w.id and j.status = 'running') as running`;

const OLDEST_FIRST: ListOrder = {
  list: 'workers',
  direction: 'asc',
  keys: [
    { column: 'w.started_at', type: 'timestamptz' },
    { column: 'w.id', type: 'uuid' },
  ],
};

/** The processes that run steps. One that died is not there any more. */
@Injectable()
export class WorkerReads {
  constructor(private readonly dataSource: DataSource) {}

  list(wish: PageWish): Promise<Page<WorkerRow>> {
    const where = new Conditions();
    return listPage(this.dataSource, { order: OLDEST_FIRST, columns: COLUMNS, from: 'workers w', where, wish });
  }

  async get(id: string): Promise<WorkerRow> {
    const [worker] = await this.dataSource.query<WorkerRow[]>(`select ${COLUMNS} from workers w where w.id = $1`, [id]);
    if (!worker) throw new NotFound(`No worker has the id ${id}.`);
    return worker;
  }
}

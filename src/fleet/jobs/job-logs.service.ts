import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { NotFound, Throttled } from '../../common/errors.js';
import type { LogLevel } from '../../orchestration/job-log.entity.js';
import { Conditions } from '../paging/conditions.js';
import { listPage, type ListOrder } from '../paging/list-page.js';
import type { Page, PageWish } from '../paging/page.js';

export interface LogRow {
  readonly id: string;
  readonly step: number | null;
  readonly level: LogLevel;
  readonly at: Date;
  readonly text: string;
}

export interface LogWish extends PageWish {
  readonly step?: number;
  /** How long to wait for the next line of a job that goes on. */
  readonly waitS: number;
}

/** In the order they were kept: a job's lines are written under its row's lock, so none comes late with a lower id. */
const OLDEST_FIRST: ListOrder = { list: 'job logs', direction: 'asc', keys: [{ column: 'l.id', type: 'bigint' }] };

const LOOK_EVERY_MS = 500;
/** Waiting costs a query every half second; more who wait than this would cost everybody else. */
const MOST_WAITING = 200;

/** Lines of a job's log: paged, and followed until the job has ended. */
@Injectable()
export class JobLogs {
  private waiting = 0;

  constructor(private readonly dataSource: DataSource) {}

  /**
   * `nextCursor` is null only when the job has ended and this was its last line, so whoever asks with each cursor until there
   * is none has seen them all.
   */
  async page(jobId: number, wish: LogWish, gone: AbortSignal): Promise<Page<LogRow>> {
    const deadline = Date.now() + wish.waitS * 1000;
    const page = await this.look(jobId, wish);
    if (page.items.length > 0 || page.nextCursor === null || wish.waitS === 0) return page;
    if (this.waiting >= MOST_WAITING) throw new Throttled('Too many are waiting for lines just now.', 2);
    this.waiting += 1;
    try {
      return await this.lookUntil(jobId, wish, deadline, gone);
    } finally {
      this.waiting -= 1;
    }
  }

  private async lookUntil(jobId: number, wish: LogWish, deadline: number, gone: AbortSignal): Promise<Page<LogRow>> {
    for (;;) {
      await pause(Math.max(0, Math.min(LOOK_EVERY_MS, deadline - Date.now())), gone);
      const page = await this.look(jobId, wish);
      if (page.items.length > 0 || page.nextCursor === null || gone.aborted || Date.now() >= deadline) return page;
    }
  }

  private async look(jobId: number, wish: LogWish): Promise<Page<LogRow>> {
    // Asked before the lines are: a job that ends in between is seen to have ended the next time, and no line is missed.
    const ended = await this.hasEnded(jobId);
    return listPage<LogRow>(this.dataSource, {
      order: OLDEST_FIRST,
      columns: 'l.id, l.step, l.level, l.at, l.text',
      from: 'job_logs l',
      where: new Conditions()
        .addIf(jobId, (id) => `l.job_id = ${id}::integer`)
        .addIf(wish.step, (step) => `l.step = ${step}::integer`),
      wish,
      followedFrom: ended ? undefined : ['0'],
    });
  }

  private async hasEnded(jobId: number): Promise<boolean> {
    const [job] = await this.dataSource.query<{ ended: boolean }[]>(
      'select finished_at is not null as ended from jobs where id = $1',
      [jobId],
    );
    if (!job) throw new NotFound(`No job has the id ${jobId}.`);
    return job.ended;
  }
}

/** Resolves early when nobody waits any more. */
function pause(ms: number, gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    gone.addEventListener('abort', done, { once: true });
    function done(): void {
      clearTimeout(timer);
      gone.removeEventListener('abort', done);
      resolve();
    }
  });
}

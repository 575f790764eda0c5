import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { Conditions } from '../paging/conditions.js';
import { type EventFilter, likePatterns } from './event-filter.js';
import { EventPage } from './event-page.js';
import { EVENT_COLUMNS, type LoggedEvent } from './logged-event.js';

/** Events a filter is looked for in at a time: one that matches nothing must not read the whole log in one statement. */
const SPAN = 5_000;

/** Reads the log. Only what was sequenced is there, so what is after a `seq` can never come to lie before it. */
@Injectable()
export class EventLogService {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** The last event there is; 0 without any. */
  async latest(): Promise<number> {
    const [row] = await this.dataSource.query<{ seq: number }[]>(
      'select coalesce(max(seq), 0)::float8 as seq from events',
    );
    return row!.seq;
  }

  /** The first one that is still kept, null without any. */
  async oldest(): Promise<number | null> {
    const [row] = await this.dataSource.query<{ seq: number | null }[]>('select min(seq)::float8 as seq from events');
    return row!.seq;
  }

  /** The next ones after `seq`, in order. `upto` is past what a filter left out: the next page starts there. */
  async after(seq: number, filter: EventFilter, limit: number): Promise<EventPage> {
    const latest = await this.latest();
    if (latest <= seq) return new EventPage(seq, seq, []);
    // A batch has an index of its own; all else is looked for in a limited stretch.
    const upto = filter.batchId === undefined ? Math.min(latest, seq + SPAN) : latest;
    const where = conditionsOf(filter)
      .add((p) => `e.seq > ${p(seq)}::bigint`)
      .add((p) => `e.seq <= ${p(upto)}::bigint`);
    const events = await this.dataSource.query<LoggedEvent[]>(
      `select ${EVENT_COLUMNS} from events e where ${where.sql} order by e.seq limit ${limit}`,
      where.parameters,
    );
    return new EventPage(seq, events.length === limit ? events.at(-1)!.seq : upto, events);
  }
}

export function conditionsOf(filter: EventFilter): Conditions {
  return new Conditions()
    .addIf(stated(filter.types), (p) => `e.type like any(${p}::text[])`)
    .addIf(filter.dialects?.length ? filter.dialects : null, (p) => `e.dialect = any(${p}::text[])`)
    .addIf(filter.batchId, (p) => `e.batch_id = ${p}::uuid`)
    .addIf(filter.jobId, (p) => `e.job_id = ${p}::integer`)
    .addIf(filter.targetKind, (p) => `e.target_kind = ${p}`)
    .addIf(filter.targetId, (p) => `e.target_id = ${p}`);
}

function stated(types: readonly string[] | undefined): string[] | null {
  return types === undefined || types.length === 0 ? null : likePatterns(types);
}

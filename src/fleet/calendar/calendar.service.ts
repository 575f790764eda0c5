import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { type Calendar, closedBecause, nextOpening } from '../../orchestration/calendar/open-times.js';
import type { Sql } from '../../orchestration/sql.js';
import {
  type ClosedWindow,
  type StartCalendar,
  StartWindows,
  type WindowJob,
} from '../../orchestration/start-windows.js';
import { calendarOf, type CalendarWish, readCalendarWish, type WindowFacts } from './applicable-windows.js';

/** Which windows hold for which work, as the table has them now: a blackout counts from the moment it is written. */
@Injectable()
export class CalendarService implements StartCalendar {
  constructor(
    private readonly dataSource: DataSource,
    windows: StartWindows,
  ) {
    windows.register(this);
  }

  async when(job: WindowJob, now: Date): Promise<ClosedWindow | null> {
    const wish = readCalendarWish(job.calendar);
    const windows = await this.windowsFor(this.dataSource, { sites: siteList(job.site), tags: job.tags, wish });
    return closedAt(calendarOf(windows, { site: job.site, tags: job.tags, wish }), now);
  }

  /** All that may hold for work at these sites and with these tags. One that is switched off is as if it were not there. */
  windowsFor(
    sql: Sql,
    { sites, tags, wish }: { sites: readonly string[]; tags: readonly string[]; wish: CalendarWish },
  ): Promise<WindowFacts[]> {
    return sql.query<WindowFacts[]>(
      `select id, name, kind, scope, sites, tags, zone, starts_local as "startsLocal", duration_min as "durationMin",
         recurrence
       from maintenance_windows
       where enabled and (scope = 'all' or name = any($3::text[])
         or (scope = 'matching' and (sites && $1::text[] or tags && $2::text[])))
       order by id`,
      [sites, tags, wish.windows],
    );
  }
}

function closedAt(calendar: Calendar, now: Date): ClosedWindow | null {
  if (calendar.groups.length === 0 && calendar.blackouts.length === 0) return null;
  try {
    const why = closedBecause(calendar, now.getTime());
    if (why === null) return null;
    const next = nextOpening(calendar, now.getTime());
    const openAt = next === null ? null : new Date(next.start);
    const until = openAt === null ? 'no opening is in sight' : `it may go on at ${openAt.toISOString()}`;
    return { openAt, why: `Waits for its window: ${why}; ${until}` };
  } catch (error) {
    // A rule nobody can follow opens nothing.
    const problem = error instanceof Error ? error.message : String(error);
    return { openAt: null, why: `Waits for its window: the calendar cannot be read: ${problem}` };
  }
}

function siteList(site: string | null): string[] {
  return site === null ? [] : [site];
}

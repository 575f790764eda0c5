import { Injectable } from '@nestjs/common';
import { Unprocessable } from '../../common/errors.js';
import { invalidFields } from '../../common/fields/read-fields.js';
import type { Sql } from '../../orchestration/sql.js';
import { type BatchRule, BatchRules, type BatchTimes } from '../batches/batch-rules.js';
import type { PreparedBatch, PreparedTarget } from '../batches/prepared-batch.js';
import { calendarOf, type CalendarWish, type WindowFacts } from './applicable-windows.js';
import { CalendarService } from './calendar.service.js';
import { forecast, type Forecast, type ForecastGroup } from './forecast.js';

/** Says when each wave of a batch would start, and refuses one that cannot be begun in its windows before its deadline. */
@Injectable()
export class BatchForecasts implements BatchRule {
  constructor(
    private readonly calendar: CalendarService,
    rules: BatchRules,
  ) {
    rules.register(this);
  }

  async assertMay(sql: Sql, batch: PreparedBatch, times: BatchTimes): Promise<void> {
    const { waves, misfit } = await this.forecast(sql, batch, times, new Date());
    if (misfit === null) return;
    const { label } = waves[misfit.wave]!;
    const name = label === '' ? `wave ${misfit.wave}` : `wave ${misfit.wave} (${label})`;
    throw new Unprocessable(`The batch does not fit its calendar: ${name}: ${misfit.why}.`, {
      code: 'does_not_fit',
      wave: misfit.wave,
    });
  }

  async forecast(sql: Sql, batch: PreparedBatch, times: BatchTimes, now: Date): Promise<Forecast> {
    const wish = wishOf(batch);
    const windows = await this.windowsOf(sql, batch, wish);
    const { mode, max_parallel: atOnce, calendar } = batch.request;
    return forecast({
      from: (times.scheduledFor ?? now).getTime(),
      deadline: times.deadline?.getTime() ?? null,
      targetMs: (calendar?.target_minutes ?? 0) * 60_000,
      atOnce: mode === 'sequential' ? 1 : (atOnce ?? null),
      waves: batch.waves.map(({ label, targets, gate }) => ({
        label,
        soakMs: (gate?.soakS ?? 0) * 1000,
        groups: groupsOf(windows, targets, wish),
      })),
    });
  }

  private async windowsOf(sql: Sql, { waves }: PreparedBatch, wish: CalendarWish): Promise<WindowFacts[]> {
    const sites = new Set<string>();
    const tags = new Set<string>();
    for (const { targets } of waves) {
      for (const target of targets) {
        if (target.site !== null) sites.add(target.site);
        for (const tag of target.tags) tags.add(tag);
      }
    }
    const windows = await this.calendar.windowsFor(sql, { sites: [...sites], tags: [...tags], wish });
    const known = new Set(windows.map(({ name }) => name));
    const unknown = wish.windows.flatMap((name, index) => (known.has(name) ? [] : [index]));
    if (unknown.length === 0) return windows;
    throw invalidFields(
      unknown.map((index) => ({
        pointer: `/calendar/windows/${index}`,
        detail: 'names no window that is switched on',
      })),
    );
  }
}

function wishOf({ request: { calendar } }: PreparedBatch): CalendarWish {
  return { windows: calendar?.windows ?? [], requireWindow: calendar?.require_window ?? false };
}

/** A hundred thousand targets have a handful of calendars: those for which the same windows hold share one. */
function groupsOf(
  windows: readonly WindowFacts[],
  targets: readonly PreparedTarget[],
  wish: CalendarWish,
): ForecastGroup[] {
  const groups = new Map<string, ForecastGroup & { count: number }>();
  for (const { site, tags, target } of targets) {
    const relevant = tags.filter((tag) => windows.some((window) => window.tags.includes(tag))).sort();
    const isRelevant = site !== null && windows.some((window) => window.sites.includes(site));
    const key = JSON.stringify([isRelevant ? site : null, relevant]);
    const group = groups.get(key);
    if (group) group.count += 1;
    else groups.set(key, { calendar: calendarOf(windows, { site, tags, wish }), count: 1, label: target.label });
  }
  return [...groups.values()];
}

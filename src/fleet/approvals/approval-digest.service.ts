import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { canonicalJson } from '../../common/canonical-json.js';
import type { Batch } from '../../orchestration/batch.entity.js';
import type { Sql } from '../../orchestration/sql.js';
import { plainTargetKind } from '../../orchestration/targets/delegated.js';
import { TargetKinds } from '../../orchestration/targets/target-kinds.js';
import { readCalendarWish } from '../calendar/applicable-windows.js';
import { CalendarService } from '../calendar/calendar.service.js';

interface JobRow {
  readonly targetKind: string;
  readonly targetId: string;
  readonly wave: number;
  readonly site: string | null;
  readonly tags: string[];
  /** Of what is done to it: the version to bring it to among others. */
  readonly work: string;
}

export type DigestedBatch = Pick<
  Batch,
  'id' | 'calendar' | 'deadline' | 'scheduledFor' | 'mode' | 'maxParallel' | 'onFailure'
>;

/** One text for all that people say yes to: whatever of it changes, it is another. */
@Injectable()
export class ApprovalDigest {
  constructor(
    private readonly kinds: TargetKinds,
    private readonly calendar: CalendarService,
  ) {}

  async of(sql: Sql, batch: DigestedBatch): Promise<string> {
    const jobs = await sql.query<JobRow[]>(
      `select target_kind as "targetKind", target_id as "targetId", wave, site, tags,
         md5(jsonb_build_array(input, (select jsonb_agg(step - '{status,startedAt,finishedAt,state,result}'::text[])
           from jsonb_array_elements(steps) step))::text) as work
       from jobs where batch_id = $1 order by position, id`,
      [batch.id],
    );
    const waves = await sql.query<unknown[]>(
      'select ordinal, label, gate from waves where batch_id = $1 order by ordinal',
      [batch.id],
    );
    const versions = await this.versionsOf(sql, jobs);
    const { mode, maxParallel, onFailure, scheduledFor, deadline } = batch;
    const content = {
      how: { mode, maxParallel, onFailure, scheduledFor, deadline },
      targets: jobs.map((job) => [job.wave, job.targetKind, job.targetId, job.work, versions.get(keyOf(job)) ?? null]),
      waves,
      calendar: { wish: batch.calendar, windows: await this.windowsOf(sql, batch, jobs) },
    };
    return createHash('sha256').update(canonicalJson(content)).digest('hex');
  }

  /** What the targets run now. One that is gone has no version, which is another than the one it had. */
  private async versionsOf(sql: Sql, jobs: readonly JobRow[]): Promise<Map<string, string | null>> {
    const versions = new Map<string, string | null>();
    for (const stored of new Set(jobs.map(({ targetKind }) => targetKind))) {
      const kind = plainTargetKind(stored);
      if (!this.kinds.all().some((each) => each.kind === kind)) continue;
      const ids = jobs.filter(({ targetKind }) => targetKind === stored).map(({ targetId }) => targetId);
      for (const { id, version } of await this.kinds.get(kind).find(sql, ids)) {
        versions.set(keyOf({ targetKind: stored, targetId: id }), `version ${version ?? ''}`);
      }
    }
    return versions;
  }

  private windowsOf(sql: Sql, batch: DigestedBatch, jobs: readonly JobRow[]) {
    const sites = [...new Set(jobs.flatMap(({ site }) => (site === null ? [] : [site])))];
    const tags = [...new Set(jobs.flatMap((job) => job.tags))];
    return this.calendar.windowsFor(sql, { sites, tags, wish: readCalendarWish(batch.calendar) });
  }
}

function keyOf({ targetKind, targetId }: Pick<JobRow, 'targetKind' | 'targetId'>): string {
  return `${targetKind} ${targetId}`;
}

import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { takesTick } from '../../common/tick-lock.js';

/** Events one look goes through at most; what is left comes with the next. */
const SPAN = 20_000;

/**
 * Finds out which batches each webhook has to be told of. The events themselves are not copied: a lane says from where to
 * where, so an hour's backlog of a receiver that is away is a row for each batch.
 */
const PLAN = `
  with latest as (select coalesce(max(seq), 0) as seq from events),
  todo as (
    select w.id, w.planned_seq, w.types, w.dialects, least(latest.seq, w.planned_seq + ${SPAN}) as upto
    from webhooks w, latest where w.enabled and w.planned_seq < latest.seq),
  wanted as (
    select t.id, t.planned_seq, e.batch_id, max(e.seq) as upto
    from todo t join events e on e.seq > t.planned_seq and e.seq <= t.upto
    where (t.dialects = '{}' or e.dialect = any(t.dialects))
      and (t.types = '{}' or exists (select 1 from unnest(t.types) p
        where p = e.type or (p like '%.*' and starts_with(e.type, left(p, -1)))))
    group by t.id, t.planned_seq, e.batch_id),
  lanes as (
    insert into webhook_lanes (webhook_id, batch_id, after_seq, upto_seq)
    select id, batch_id, planned_seq, upto from wanted order by id, batch_id
    on conflict (webhook_id, batch_id) do update set upto_seq = excluded.upto_seq),
  moved as (
    update webhooks w set planned_seq = t.upto from todo t where w.id = t.id returning t.upto < (select seq from latest) as behind)
  select count(*)::integer as moved, bool_or(behind) is true as behind from moved`;

@Injectable()
export class LanePlannerService {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** Until every enabled webhook has been looked at for all there is, or another process is at it. */
  async plan(): Promise<void> {
    for (let behind = true; behind;) {
      behind = await this.dataSource.transaction(async (tx) => {
        if (!(await takesTick(tx, 'webhook lanes'))) return false;
        const [done] = await tx.query<{ behind: boolean }[]>(PLAN);
        return done!.behind;
      });
    }
  }
}

import type { Sql } from './sql.js';
import type { StepLimit } from './step.js';

/** Cross-process limits: places taken by jobs. See `limit-slot.entity.ts`. */
export class Limits {
  /** `name/max` whose rows this process has seen to. */
  private readonly prepared = new Set<string>();

  /**
   * Takes a place in each limit for the job, or in none. Places it holds already are kept. Returns the name of a limit
   * that is full, or null.
   */
  async acquire(sql: Sql, jobId: number, limits: readonly StepLimit[]): Promise<string | null> {
    if (limits.length === 0) return null;
    await this.prepare(sql, limits);
    const rows = await sql.query<{ full: string | null }[]>(
      `with missing as (
         select w.name, w.max from jsonb_to_recordset($2::jsonb) as w(name text, max integer)
         where not exists (select 1 from limit_slots s where s.job_id = $1 and s.name = w.name)),
       picked as (
         select m.name, free.slot from missing m left join lateral (
           select s.slot from limit_slots s where s.name = m.name and s.slot < m.max and s.job_id is null
           limit 1 for update skip locked) free on true),
       taken as (
         update limit_slots s set job_id = $1 from picked p
         where s.name = p.name and s.slot = p.slot and not exists (select 1 from picked where slot is null)
         returning s.name)
       select (select name from picked where slot is null limit 1) as full, (select count(*) from taken) as taken`,
      [jobId, JSON.stringify(limits)],
    );
    return rows[0]?.full ?? null;
  }

  async hasRoom(sql: Sql, name: string, limits: readonly StepLimit[]): Promise<boolean> {
    const max = limits.find((limit) => limit.name === name)?.max ?? 0;
    const rows = await sql.query<unknown[]>(
      'select 1 from limit_slots where name = $1 and slot < $2 and job_id is null limit 1',
      [name, max],
    );
    return rows.length > 0;
  }

  private async prepare(sql: Sql, limits: readonly StepLimit[]): Promise<void> {
    for (const { name, max } of limits) {
      const key = `${name}/${max}`;
      if (this.prepared.has(key)) continue;
      await sql.query(
        `insert into limit_slots (name, slot) select $1, slot from generate_series(0, $2::integer - 1) slot
         on conflict do nothing`,
        [name, max],
      );
      this.prepared.add(key);
    }
  }
}

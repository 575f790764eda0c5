import type { CheckResult, GateFacts, GateSpec, WaveTally } from './gate.js';
import { concurrency, RELEASE_WINDOW, type BatchFacts, type WaveFacts } from './plan.js';
import { ACTIVE_JOB_STATUSES, RELEASED_JOB_STATUSES } from './states.js';
import { literals, type Sql } from './sql.js';

interface WaveRow extends Omit<WaveFacts, 'gate'> {
  readonly gate: GateSpec | null;
  readonly gateOverridden: boolean;
  readonly jobsTotal: number | null;
  readonly jobsEndedAt: Date | null;
  readonly tally: WaveTally | null;
}

/** A batch's waves as the planner sees them. What gates need is read only where there is one that is asked. */
export async function readWaves(sql: Sql, batchId: string, batch: Shape): Promise<WaveFacts[]> {
  const rows = await sql.query<WaveRow[]>(wavesSql(batch), [batchId]);
  const asked = rows.filter(({ gate, status }) => gate !== null && (status === 'open' || status === 'holding'));
  const counts = asked.length === 0 ? [] : await readGateCounts(sql, batchId, asked);
  return rows.map(({ gate, gateOverridden, jobsTotal, jobsEndedAt, tally, ...wave }): WaveFacts => {
    const found = counts.find(({ ordinal }) => ordinal === wave.ordinal);
    const unfinished = wave.pending + wave.queued + wave.active;
    const facts: GateFacts | null = found ? { ...found, total: jobsTotal, unfinished, tally, jobsEndedAt } : null;
    return { ...wave, gate: gate && { spec: gate, overridden: gateOverridden, facts } };
  });
}

type Shape = Pick<BatchFacts, 'mode' | 'maxParallel'>;

/**
 * SQL that reads a batch's waves (`$1`: its id). Every count is capped and every question names the states of one partial
 * index, and no more: one that spans two indexes is answered by walking over the jobs that have ended, and planning would
 * take longer the further a batch has come.
 */
export function wavesSql(batch: Shape): string {
  const activeCap = (concurrency(batch) ?? 0) + 1;
  return `select w.ordinal, w.status, w.gate, w.gate_overridden_by is not null as "gateOverridden",
       w.jobs_total as "jobsTotal", w.jobs_ended_at as "jobsEndedAt", w.tally,
       ${capped(['pending'], RELEASE_WINDOW)} as pending,
       ${capped(['queued'], RELEASE_WINDOW)} as queued,
       ${capped(ACTIVE_JOB_STATUSES, activeCap)} as active,
       (select j.id ${jobsIn(['failed'])} order by j.id limit 1) as "firstFailed",
       (select j.id ${jobsIn(['failed'])} and j.critical order by j.id limit 1) as "firstCriticalFailed",
       exists (select 1 ${jobsIn(['cancelled'])}) as "anyCancelled",
       -- only asked for at the end: there is no index to find the first success among many failures
       not exists (select 1 ${jobsIn(['pending'])}) and not exists (select 1 ${jobsIn(RELEASED_JOB_STATUSES)})
       and exists (select 1 ${jobsIn(['succeeded'])}) as "anySucceeded"
     from waves w where w.batch_id = $1 order by w.ordinal`;
}

type GateCounts = Pick<GateFacts, 'failed' | 'unknown' | 'cancelled' | 'checks'> & { readonly ordinal: number };

/** One more than a gate allows is all it has to know; each count is answered from its partial index up to there. */
async function readGateCounts(sql: Sql, batchId: string, waves: readonly WaveRow[]): Promise<GateCounts[]> {
  const rows = await sql.query<(Omit<GateCounts, 'checks'> & { checks: RawCheck[] })[]>(
    `select w.ordinal,
       (select count(*)::integer from (select 1 ${jobsIn(['failed'])} limit caps.failures) c) as failed,
       (select count(*)::integer from (select 1 ${jobsIn(['cancelled'])} limit caps.failures) c) as cancelled,
       (select count(*)::integer from (
          select 1 from jobs j where j.batch_id = w.batch_id and j.wave = w.ordinal and j.unknown limit caps.unknown) c
       ) as unknown,
       (select coalesce(jsonb_agg(jsonb_build_object('name', g.name, 'passed', g.passed, 'message', g.message,
          'atMs', extract(epoch from g.at) * 1000)), '[]') from gate_checks g
        where g.batch_id = w.batch_id and g.wave = w.ordinal) as checks
     from waves w cross join lateral (
       select (w.gate ->> 'maxUnknown')::bigint + 1 as unknown, 2 + coalesce(least((w.gate ->> 'maxFailures')::bigint,
         floor((w.gate ->> 'maxFailurePercent')::numeric * w.jobs_total / 100)::bigint), 0) as failures) caps
     where w.batch_id = $1 and w.ordinal = any($2::integer[])`,
    [batchId, waves.map(({ ordinal }) => ordinal)],
  );
  return rows.map((row) => ({ ...row, checks: row.checks.map(checkOf) }));
}

type RawCheck = Omit<CheckResult, 'at'> & { readonly atMs: number };

function checkOf({ atMs, ...check }: RawCheck): CheckResult {
  return { ...check, at: new Date(atMs) };
}

function capped(statuses: readonly string[], cap: number): string {
  return `(select count(*)::integer from (select 1 ${jobsIn(statuses)} limit ${cap}) counted)`;
}

function jobsIn(statuses: readonly string[]): string {
  return `from jobs j where j.batch_id = w.batch_id and j.wave = w.ordinal and j.status in (${literals(statuses)})`;
}

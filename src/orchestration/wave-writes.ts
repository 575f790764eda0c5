import type { GateDecision } from './gate.js';
import { sources, WAVE_TRANSITIONS, type WaveStatus } from './states.js';
import { literals, type Sql } from './sql.js';

/** How waves change. The caller holds the batch's row, so no two processes plan the same wave. */

export async function openWave(sql: Sql, batchId: string, wave: number): Promise<void> {
  await sql.query(
    `update waves set status = 'open', opened_at = now(), finished_at = null
     where batch_id = $1 and ordinal = $2 and status in (${from('open')})`,
    [batchId, wave],
  );
}

export async function closeWave(sql: Sql, batchId: string, wave: number, decision: GateDecision | null): Promise<void> {
  if (decision) await noteVerdict(sql, batchId, wave, decision);
  await sql.query(
    `update waves set status = 'done', finished_at = now()
     where batch_id = $1 and ordinal = $2 and status in (${from('done')})`,
    [batchId, wave],
  );
}

/**
 * The wave's jobs have ended and its gate holds. The first time, its jobs are counted and the soak begins; true then: the
 * gate must be asked again, now that there is something to ask it about.
 */
export async function holdWave(sql: Sql, batchId: string, wave: number, decision: GateDecision): Promise<boolean> {
  await noteVerdict(sql, batchId, wave, decision);
  const counted = await sql.query<unknown[]>(
    `with counts as (
       select count(*) filter (where status = 'succeeded') as succeeded, count(*) filter (where status = 'failed') as failed,
         count(*) filter (where unknown) as unknown, count(*) filter (where status = 'cancelled') as cancelled,
         count(*) as there, max(finished_at) as last
       from jobs where batch_id = $1 and wave = $2),
     counted as (
       update waves w set status = 'holding', jobs_ended_at = coalesce(c.last, now()), jobs_total = greatest(jobs_total, there),
         tally = jsonb_build_object('total', greatest(jobs_total, there), 'succeeded', c.succeeded, 'failed', c.failed,
           'unknown', c.unknown, 'cancelled', c.cancelled, 'vanished', greatest(jobs_total, there) - there)
       from counts c where w.batch_id = $1 and w.ordinal = $2 and w.status in (${from('holding')}) returning 1)
     select * from counted`,
    [batchId, wave],
  );
  return counted.length > 0;
}

/** Written only when it says something new, so that asking a gate again and again is no news. */
export async function noteVerdict(sql: Sql, batchId: string, wave: number, decision: GateDecision): Promise<void> {
  await sql.query(
    `update waves set gate_verdict = $3, gate_reason = $4, gate_look_at = $5
     where batch_id = $1 and ordinal = $2
       and (gate_verdict, gate_reason, gate_look_at) is distinct from ($3, $4, $5::timestamptz)`,
    [batchId, wave, decision.verdict, decision.reason, decision.lookAgainAt],
  );
}

function from(to: WaveStatus): string {
  return literals(sources(WAVE_TRANSITIONS, to));
}

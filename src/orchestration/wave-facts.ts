import { concurrency, RELEASE_WINDOW, type BatchFacts } from './plan.js';
import { ACTIVE_JOB_STATUSES, RELEASED_JOB_STATUSES } from './states.js';
import { literals } from './sql.js';

/**
 * SQL that reads a batch's waves (`$1`: its id) as the planner's `WaveFacts`. Every count is capped and every question
 * names the states of one partial index, and no more: one that spans two indexes is answered by walking over the jobs
 * that have ended, and planning would take longer the further a batch has come.
 */
export function wavesSql(batch: Pick<BatchFacts, 'mode' | 'maxParallel'>): string {
  const activeCap = (concurrency(batch) ?? 0) + 1;
  return `select w.ordinal, w.status,
       ${capped(['pending'], RELEASE_WINDOW)} as pending,
       ${capped(['queued'], RELEASE_WINDOW)} as queued,
       ${capped(ACTIVE_JOB_STATUSES, activeCap)} as active,
       (select j.id ${jobsIn(['failed'])} order by j.id limit 1) as "firstFailed",
       (select j.id ${jobsIn(['failed'])} and j.critical order by j.id limit 1) as "firstCriticalFailed",
       -- only asked for at the end: there is no index to find the first success among many failures
       not exists (select 1 ${jobsIn(['pending'])}) and not exists (select 1 ${jobsIn(RELEASED_JOB_STATUSES)})
       and exists (select 1 ${jobsIn(['succeeded'])}) as "anySucceeded"
     from waves w where w.batch_id = $1 order by w.ordinal`;
}

function capped(statuses: readonly string[], cap: number): string {
  return `(select count(*)::integer from (select 1 ${jobsIn(statuses)} limit ${cap}) counted)`;
}

function jobsIn(statuses: readonly string[]): string {
  return `from jobs j where j.batch_id = w.batch_id and j.wave = w.ordinal and j.status in (${literals(statuses)})`;
}

import { sameVersion } from '../drivers/version.js';
import type { UpgradeRow } from './upgrade-rows.js';

/** What is known of one switch when its upgrade has ended. */
export interface SwitchEnd {
  readonly row: UpgradeRow;
  /** As the inventory has it now. */
  readonly version: string | null;
  /** What the switch itself counted. */
  readonly reloads: number;
}

/** Everything that did not end as it should; nothing when all is well. Pure. */
export function findProblems(ends: readonly SwitchEnd[], wanted: string, scheduledFor: Date): string[] {
  return [...ends.flatMap((end) => problemsOf(end, wanted)), ...problemsOfOrder(ends, scheduledFor)];
}

function problemsOf({ row: { job }, version, reloads }: SwitchEnd, wanted: string): string[] {
  const name = job.device_hostname;
  const problems: string[] = [];
  if (job.status !== 'success') {
    problems.push(`${name}: the upgrade is ${job.status} at ${job.current_step}${job.error ? `: ${job.error}` : ''}`);
  }
  if (version === null || !sameVersion(version, wanted)) {
    problems.push(`${name}: the inventory says ${version ?? 'nothing'}, not ${wanted}`);
  }
  if (reloads !== 1) problems.push(`${name}: reloaded ${reloads} times, not once`);
  return problems;
}

/** One at a time, in order, and none before its time. */
function problemsOfOrder(ends: readonly SwitchEnd[], scheduledFor: Date): string[] {
  const problems: string[] = [];
  let free = scheduledFor.getTime();
  let before = 'its time';
  for (const { row } of ends) {
    const { device_hostname: name, started_at: startedAt, finished_at: finishedAt } = row.job;
    if (row.batch !== 'sequential' || startedAt === null || finishedAt === null) continue;
    if (Date.parse(startedAt) < free) problems.push(`${name}: started before ${before}`);
    free = Date.parse(finishedAt);
    before = `${name} had ended`;
  }
  return problems;
}

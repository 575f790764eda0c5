import type { BenchPlace } from '../bench-place.js';
import { type BenchRow, megabytes, whole } from '../bench-report.js';
import type { Memory } from '../child-answers.js';
import { dropRest, provideDevices, provideModel, triggerAll } from '../simulated-fleet.js';

/** Longer than the benchmark. */
const WAIT_S = 86_400;
/** What a process's memory may differ by from one look to the next although nothing grows. */
const NOISE_BYTES = 32 * 1024 * 1024;
/** Jobs that warm the process up, as a part of all. */
const FIRST_PART = 0.1;

/** Jobs that wait for a long time, on one worker process: they are rows, so its memory must not grow with them. */
export async function measureWaiting(place: BenchPlace): Promise<BenchRow> {
  const count = place.sizes.waitingJobs;
  const { child: server, api } = await place.slipway('api');
  await provideModel(api);
  const { id } = await api.ensure<{ id: number }>('/api/core/workflows/', 'name', { name: 'bench wait' });
  const steps = [{ name: 'Wait', step_type: 'wait', config: { duration: WAIT_S } }];
  await api.post(`/api/core/workflows/${id}/update_steps/`, steps);
  const devices = await provideDevices(place, api, { prefix: 'many', count });
  const { batch_id: batchId } = await triggerAll(api, devices, { workflow_id: id });
  await server.stop();
  const { child } = await place.slipway('worker');
  await untilWaiting(place, batchId, Math.floor(count * FIRST_PART));
  const before = await child.memory();
  const areAllWaiting = await untilWaiting(place, batchId, count, place.sizes.patienceMs);
  const reached = areAllWaiting ? count : await countWaiting(place, batchId);
  const after = await child.memory();
  await child.stop();
  await dropRest(place, batchId);
  return waitingRow(count, reached, before, after);
}

function waitingRow(count: number, reached: number, before: Memory, after: Memory): BenchRow {
  const growth = after.rss - before.rss;
  const partly = reached < count ? `; ${whole(reached)} reached in time` : '';
  return {
    measure: `${whole(count)} jobs waiting on one worker`,
    measured: `${megabytes(after.rss)} (${growth < 0 ? '-' : '+'}${megabytes(Math.abs(growth))})${partly}`,
    baseline: `${megabytes(before.rss)} with ${whole(count * FIRST_PART)} waiting`,
    ratio: after.rss / before.rss,
    aim: `no growth (< ${megabytes(NOISE_BYTES)})`,
    met: growth < NOISE_BYTES && reached === count,
    figures: {
      jobs: reached,
      rssBefore: before.rss,
      rssAfter: after.rss,
      heapBefore: before.heapUsed,
      heapAfter: after.heapUsed,
    },
  };
}

async function countWaiting(place: BenchPlace, batchId: string): Promise<number> {
  const { rows } = await place.sql.query<{ count: number }>(
    `select count(*)::integer as count from jobs where batch_id = $1 and status = 'waiting'`,
    [batchId],
  );
  return rows[0]?.count ?? 0;
}

function untilWaiting(place: BenchPlace, batchId: string, count: number, patienceMs?: number): Promise<boolean> {
  return place.until({
    statement: `select 1 from (select 1 from jobs where batch_id = $1 and status = 'waiting' limit $2) found
      having count(*) = $2`,
    parameters: [batchId, count],
    what: `${count} waiting jobs`,
    everyMs: 500,
    patienceMs,
  });
}

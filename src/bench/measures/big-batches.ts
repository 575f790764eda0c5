import type { BenchPlace } from '../bench-place.js';
import { type BenchRow, median, megabytes, whole } from '../bench-report.js';
import { dropRest, provideDevices, provideModel, triggerAll, untilEnded } from '../simulated-fleet.js';

const MOST_SECONDS = 10;
const MOST_BYTES = 1024 ** 3;
const FLAT = 1.5;

/** What a job cost in a batch of that size. */
interface Cost {
  readonly size: number;
  readonly ms: number;
  /** Fewer than all where the patience was over before. */
  readonly ended: number;
}

/** One trigger of very many devices, and what a job costs as its batch grows: the largest batch serves both. */
export async function measureBigBatches(place: BenchPlace): Promise<BenchRow[]> {
  const { growth, smallestRuns, triggerDevices } = place.sizes;
  const devices = await setUp(place, Math.max(triggerDevices, ...growth));
  const costs: Cost[] = [];
  for (const [index, size] of growth.slice(0, -1).entries()) {
    costs.push(await costOf(place, devices.slice(0, size), index === 0 ? smallestRuns : 1));
  }
  const { row, batchId } = await measureTrigger(place, devices.slice(0, triggerDevices));
  const largest = growth.at(-1) ?? 0;
  if (largest === triggerDevices) {
    costs.push(await costOfTriggered(place, batchId, largest));
  } else {
    await dropRest(place, batchId);
    costs.push(await costOf(place, devices.slice(0, largest), 1));
  }
  return [row, growthRow(costs)];
}

async function setUp(place: BenchPlace, count: number): Promise<number[]> {
  const { child, api } = await place.slipway('api');
  await provideModel(api);
  const devices = await provideDevices(place, api, { prefix: 'many', count });
  await child.stop();
  return devices;
}

/** In a process that has done nothing else, so that its peak is the trigger's. */
async function measureTrigger(
  place: BenchPlace,
  devices: readonly number[],
): Promise<{ row: BenchRow; batchId: string }> {
  const { child, api } = await place.slipway('api');
  const before = await child.memory();
  const startedAt = performance.now();
  const { batch_id: batchId, jobs_created: created } = await triggerAll(api, devices);
  const seconds = (performance.now() - startedAt) / 1000;
  const { peak } = await child.memory();
  await child.stop();
  const met = created === devices.length && seconds < MOST_SECONDS && peak < MOST_BYTES;
  const row: BenchRow = {
    measure: `trigger of ${whole(devices.length)} devices`,
    measured: `1 request, ${whole(created)} jobs, ${seconds.toFixed(1)} s, peak ${megabytes(peak)}`,
    baseline: `${megabytes(before.rss)} before`,
    ratio: null,
    aim: `1 request, < ${MOST_SECONDS} s, < 1 GB`,
    met,
    figures: { devices: devices.length, created, seconds, peakBytes: peak, bytesBefore: before.rss },
  };
  return { row, batchId };
}

/** The median of some runs, each judged by what it did in its time. */
async function costOf(place: BenchPlace, devices: readonly number[], runs: number): Promise<Cost> {
  const { child, api } = await place.slipway('all');
  const costs: Cost[] = [];
  const triggered: string[] = [];
  while (costs.length < runs) {
    const { batch_id } = await triggerAll(api, devices);
    triggered.push(batch_id);
    const hasEnded = await untilEnded(place, batch_id, place.sizes.patienceMs);
    costs.push(await costSoFar(place, batch_id, devices.length));
    if (!hasEnded) break;
  }
  await child.stop();
  for (const batchId of triggered) await dropRest(place, batchId);
  const ended = Math.min(...costs.map((cost) => cost.ended));
  return { size: devices.length, ms: median(costs.map(({ ms }) => ms)), ended };
}

async function costOfTriggered(place: BenchPlace, batchId: string, size: number): Promise<Cost> {
  const { child } = await place.slipway('worker');
  await untilEnded(place, batchId, place.sizes.patienceMs);
  const cost = await costSoFar(place, batchId, size);
  await child.stop();
  await dropRest(place, batchId);
  return cost;
}

/** From the first job's start to the last one's end: what the trigger cost is another measure. */
async function costSoFar(place: BenchPlace, batchId: string, size: number): Promise<Cost> {
  const { rows } = await place.sql.query<{ ms: number; ended: number }>(
    `select (extract(epoch from max(finished_at) - min(started_at)) * 1000 / count(*))::double precision as ms,
       count(*)::integer as ended
     from jobs where batch_id = $1 and status = 'succeeded'`,
    [batchId],
  );
  return { size, ms: rows[0]?.ms ?? Number.NaN, ended: rows[0]?.ended ?? 0 };
}

function growthRow(costs: readonly Cost[]): BenchRow {
  const ratio = Math.max(...costs.map(({ ms }) => ms)) / (costs[0]?.ms ?? Number.NaN);
  const partial = costs.find(({ size, ended }) => ended < size);
  const partly = partial ? `; of the ${whole(partial.size)}, the first ${whole(partial.ended)}` : '';
  return {
    measure: `cost of a job in a batch of ${costs.map(({ size }) => whole(size)).join(' / ')}`,
    measured: `${costs.map(({ ms }) => ms.toFixed(2)).join(' / ')} ms${partly}`,
    baseline: 'the smallest batch',
    ratio,
    aim: `<= ${FLAT}`,
    met: ratio <= FLAT,
    figures: {
      sizes: costs.map(({ size }) => size),
      millisecondsPerJob: costs.map(({ ms }) => ms),
      ended: costs.map(({ ended }) => ended),
    },
  };
}

import type { BenchPlace } from '../bench-place.js';
import { type BenchRow, median, megabytes, whole } from '../bench-report.js';
import { createDevices, provideModel, triggerAll, untilEnded } from '../simulated-fleet.js';

const MOST_SECONDS = 10;
const MOST_BYTES = 1024 ** 3;
const FLAT = 1.5;
/** The smallest batch is over so soon that one run of it says little. */
const SMALL_RUNS = 3;

/** One trigger of very many devices, and what a job costs as its batch grows: the largest batch serves both. */
export async function measureBigBatches(place: BenchPlace): Promise<BenchRow[]> {
  const { growth, triggerDevices } = place.sizes;
  const devices = await setUp(place, Math.max(triggerDevices, ...growth));
  const costs: number[] = [];
  for (const size of growth.slice(0, -1)) costs.push(await costOfSmall(place, devices.slice(0, size)));
  const largest = growth.at(-1) ?? 0;
  const { row, batchId } = await measureTrigger(place, devices.slice(0, triggerDevices));
  if (largest === triggerDevices) {
    costs.push(await costOfTriggered(place, batchId));
  } else {
    await place.sql.query(`update jobs set status = 'cancelled', finished_at = now() where batch_id = $1`, [batchId]);
    costs.push(await costOfSmall(place, devices.slice(0, largest)));
  }
  return [row, growthRow(growth, costs)];
}

async function setUp(place: BenchPlace, count: number): Promise<number[]> {
  const { child, api } = await place.slipway('api');
  await provideModel(api);
  const devices = await createDevices(api, 'many', count);
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

async function costOfSmall(place: BenchPlace, devices: readonly number[]): Promise<number> {
  const { child, api } = await place.slipway('all');
  const costs: number[] = [];
  for (let run = 0; run < (devices.length > 2_000 ? 1 : SMALL_RUNS); run += 1) {
    const { batch_id } = await triggerAll(api, devices);
    await untilEnded(place, batch_id);
    costs.push(await millisecondsPerJob(place, batch_id));
  }
  await child.stop();
  return median(costs);
}

async function costOfTriggered(place: BenchPlace, batchId: string): Promise<number> {
  const { child } = await place.slipway('worker');
  await untilEnded(place, batchId);
  await child.stop();
  return millisecondsPerJob(place, batchId);
}

/** From the first job's start to the last one's end: what the trigger cost is another measure. */
async function millisecondsPerJob(place: BenchPlace, batchId: string): Promise<number> {
  const { rows } = await place.sql.query<{ ms: number }>(
    `select (extract(epoch from max(finished_at) - min(started_at)) * 1000 / count(*))::double precision as ms
     from jobs where batch_id = $1`,
    [batchId],
  );
  return rows[0]?.ms ?? Number.NaN;
}

function growthRow(sizes: readonly number[], costs: readonly number[]): BenchRow {
  const ratio = Math.max(...costs) / (costs[0] ?? Number.NaN);
  return {
    measure: `cost of a job in a batch of ${sizes.map(whole).join(' / ')}`,
    measured: `${costs.map((cost) => cost.toFixed(2)).join(' / ')} ms`,
    baseline: 'the smallest batch',
    ratio,
    aim: `<= ${FLAT}`,
    met: ratio <= FLAT,
    figures: { sizes, millisecondsPerJob: costs },
  };
}

import type { BenchPlace } from '../bench-place.js';
import { type BenchRow, median, whole } from '../bench-report.js';
import { NO_OP } from '../queue-tasks.js';
import { provideDevices, provideModel, triggerAll, untilEnded } from '../simulated-fleet.js';

const AIM = 0.25;
const WARM_UP = 300;

/** Jobs of four simulated steps per second, from the trigger to the batch's end, against the queue's own no-ops. */
export async function measureThroughput(place: BenchPlace): Promise<BenchRow> {
  const { throughputJobs: count, throughputRounds: rounds } = place.sizes;
  const devices = await setUp(place, count);
  const tasks: number[] = [];
  const jobs: number[] = [];
  const until = Date.now() + place.sizes.patienceMs;
  // In turn, so that whatever else the machine does meets both.
  for (let round = 0; round < rounds && (round === 0 || Date.now() < until); round += 1) {
    tasks.push(await noOpsPerSecond(place, count));
    jobs.push(await jobsPerSecond(place, devices));
  }
  const ratio = median(jobs) / median(tasks);
  return {
    measure: `4-step jobs, ${whole(count)} at once`,
    measured: `${whole(median(jobs))} jobs/s`,
    baseline: `${whole(median(tasks))} no-op tasks/s`,
    ratio,
    aim: `>= ${AIM}`,
    met: ratio >= AIM,
    figures: { jobsPerSecond: jobs, noOpsPerSecond: tasks, jobs: count },
  };
}

async function setUp(place: BenchPlace, count: number): Promise<number[]> {
  const { child, api } = await place.slipway('api');
  await provideModel(api);
  const devices = await provideDevices(place, api, { prefix: 'many', count });
  await child.stop();
  return devices;
}

async function noOpsPerSecond(place: BenchPlace, count: number): Promise<number> {
  const { databaseUrl, workerConcurrency: concurrency } = place.settings('all');
  const queue = await place.child('queue', { databaseUrl, concurrency });
  const run = async (size: number): Promise<number> => {
    const startedAt = performance.now();
    const done = queue.ask('untilDone', size);
    await place.sql.query(
      `select count(*) from graphile_worker.add_jobs(array(
         select ($1, json_build_object('id', id), null, null, null, null, null, null)::graphile_worker.job_spec
         from generate_series(1, $2::integer) id))`,
      [NO_OP, size],
    );
    await done;
    return size / ((performance.now() - startedAt) / 1000);
  };
  await run(WARM_UP);
  const rate = await run(count);
  await queue.stop();
  return rate;
}

async function jobsPerSecond(place: BenchPlace, devices: readonly number[]): Promise<number> {
  const { child, api } = await place.slipway('all');
  const warmUp = await triggerAll(api, devices.slice(0, WARM_UP));
  await untilEnded(place, warmUp.batch_id);
  const startedAt = performance.now();
  const batch = await triggerAll(api, devices);
  await untilEnded(place, batch.batch_id);
  const seconds = (performance.now() - startedAt) / 1000;
  await child.stop();
  return devices.length / seconds;
}

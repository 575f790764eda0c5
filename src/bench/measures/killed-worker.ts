import type { BenchPlace, SlipwayChild } from '../bench-place.js';
import type { BenchRow } from '../bench-report.js';
import { dropRest, provideDevices, provideModel, triggerAll } from '../simulated-fleet.js';

const AIM_S = 30;
/** A step that is still running whenever the worker is killed. */
const STEP_MS = 600_000;

/** From `kill -9` of the worker that runs a job to the moment another one goes on with it. */
export async function measureKilledWorker(place: BenchPlace): Promise<BenchRow> {
  const { child: server, api } = await place.slipway('api');
  await provideModel(api);
  const devices = await provideDevices(place, api, { prefix: 'killed', count: 1, stepMs: STEP_MS });
  const workers = [await place.slipway('worker'), await place.slipway('worker')];
  const { batch_id: batchId } = await triggerAll(api, devices);
  const victim = await runningOn(place, batchId, workers);
  await victim.child.kill();
  const killedAt = performance.now();
  await place.until({
    statement: `select 1 from jobs where batch_id = $1 and attempt > 1 and status = 'running' and worker_id is not null`,
    parameters: [batchId],
    what: 'the resumed job',
  });
  const seconds = (performance.now() - killedAt) / 1000;
  for (const { child } of workers) await child.stop();
  await server.stop();
  await dropRest(place, batchId);
  return {
    measure: 'killed worker to resumed job',
    measured: `${seconds.toFixed(1)} s`,
    baseline: '',
    ratio: null,
    aim: `< ${AIM_S} s`,
    met: seconds < AIM_S,
    figures: { seconds },
  };
}

async function runningOn(place: BenchPlace, batchId: string, workers: readonly SlipwayChild[]): Promise<SlipwayChild> {
  const statement = `select w.pid from jobs j join workers w on w.id = j.worker_id
    where j.batch_id = $1 and j.status = 'running'`;
  await place.until({ statement, parameters: [batchId], what: 'the running job' });
  const { rows } = await place.sql.query<{ pid: number }>(statement, [batchId]);
  const found = workers.find(({ child }) => child.pid === rows[0]?.pid);
  if (!found) throw new Error(`the job runs on a process ${rows[0]?.pid} that is not the benchmark's`);
  return found;
}

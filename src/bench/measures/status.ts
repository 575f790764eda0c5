import type { BenchPlace } from '../bench-place.js';
import { TOKEN } from '../bench-place.js';
import { type BenchRow, median, whole } from '../bench-report.js';
import { requestsPerSecond } from '../http-load.js';
import { provideDevices, provideModel, triggerAll, untilEnded } from '../simulated-fleet.js';

const AIM = 0.6;
const CONCURRENCY = 4;
const WARM_UP = 10;

/** The status of a batch per second, against a bare handler that runs the same statement and sends the same bytes. */
export async function measureStatus(place: BenchPlace): Promise<BenchRow> {
  const { statusJobs, statusRequests: requests, statusRounds } = place.sizes;
  const batchId = await endedBatch(place, statusJobs);
  const { child, url } = await place.slipway('api');
  const headers = { authorization: `Token ${TOKEN}` };
  const ours = { url: `${url}/api/upgrade/status/?batch_id=${batchId}`, headers, requests, concurrency: CONCURRENCY };
  const body = await (await fetch(ours.url, { headers })).text();
  const { databaseUrl, databasePool: pool } = place.settings('api');
  const statement = await child.ask('statusStatement', batchId);
  const bare = await place.child('bare-http', { databaseUrl, pool, statement, body });
  const theirs = { ...ours, url: await bare.ask<string>('url') };
  const rates: { ours: number[]; bare: number[] } = { ours: [], bare: [] };
  for (const load of [theirs, ours]) await requestsPerSecond({ ...load, requests: WARM_UP });
  for (let round = 0; round < statusRounds; round += 1) {
    rates.bare.push(await requestsPerSecond(theirs));
    rates.ours.push(await requestsPerSecond(ours));
  }
  await bare.stop();
  await child.stop();
  const ratio = median(rates.ours) / median(rates.bare);
  return {
    measure: `status of ${whole(statusJobs)} jobs, ${whole(body.length / 1024)} KB`,
    measured: `${median(rates.ours).toFixed(1)} requests/s`,
    baseline: `${median(rates.bare).toFixed(1)} by node:http + pg`,
    ratio,
    aim: `>= ${AIM}`,
    met: ratio >= AIM,
    figures: { requestsPerSecond: rates.ours, bareRequestsPerSecond: rates.bare, bytes: body.length },
  };
}

/** One that an earlier measure has left, or a new one. */
async function endedBatch(place: BenchPlace, count: number): Promise<string> {
  const { rows } = await place.sql.query<{ id: string }>(
    `select id from batches where jobs_total = $1 and status = 'succeeded' limit 1`,
    [count],
  );
  if (rows[0]) return rows[0].id;
  const { child, api } = await place.slipway('all');
  await provideModel(api);
  const devices = await provideDevices(place, api, { prefix: 'many', count });
  const { batch_id } = await triggerAll(api, devices);
  await untilEnded(place, batch_id);
  await child.stop();
  return batch_id;
}

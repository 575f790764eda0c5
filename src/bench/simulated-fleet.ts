import type { ApiClient } from '../demo/api-client.js';
import type { BenchPlace } from './bench-place.js';

const MODEL = 'bench';
/** Devices of one request. */
const CHUNK = 20_000;

interface Row {
  readonly id: number;
}

export interface TriggerAnswer {
  readonly batch_id: string;
  readonly jobs_created: number;
}

/** A model with an image, for devices that do their steps in no time. */
export async function provideModel(api: ApiClient): Promise<void> {
  const image = await api.upload<Row>('/api/images/images/', 'bench-1.2.3.bin', Buffer.alloc(1024, 'bench'), {
    version: '1.2.3',
    platform: 'simulated',
  });
  await api.ensure('/api/dcim/device-models/', 'name', { name: MODEL, default_image: image.id });
}

/** So many simulated devices of that prefix, in so far as there are none yet; their ids. */
export async function provideDevices(
  place: BenchPlace,
  api: ApiClient,
  { prefix, count, stepMs = 0 }: { prefix: string; count: number; stepMs?: number },
): Promise<number[]> {
  const { rows } = await place.sql.query<Row>('select id from devices where hostname like $1 order by id limit $2', [
    `${prefix}-%`,
    count,
  ]);
  const ids = rows.map(({ id }) => id);
  while (ids.length < count) {
    const size = Math.min(CHUNK, count - ids.length);
    const devices = Array.from({ length: size }, (_, index) => ({
      hostname: `${prefix}-${ids.length + index + 1}`,
      ip_address: '127.0.0.1',
      platform: 'simulated',
      model: MODEL,
      simulation: { step_ms: stepMs },
    }));
    ids.push(...(await api.post<{ ids: number[] }>('/api/dcim/devices/', devices)).ids);
  }
  return ids;
}

/** `force`, since the inventory may know the device to run the image already. */
export function triggerAll(api: ApiClient, devices: readonly number[], more: object = {}): Promise<TriggerAnswer> {
  return api.post<TriggerAnswer>('/api/upgrade/trigger/', { devices, force: true, ...more });
}

/** Until every job of the batch has succeeded: true, or false when the patience was over before. */
export async function untilEnded(place: BenchPlace, batchId: string, patienceMs?: number): Promise<boolean> {
  const hasEnded = await place.until({
    statement: 'select 1 from batches where id = $1 and finished_at is not null',
    parameters: [batchId],
    what: 'the end of the batch',
    patienceMs,
  });
  const { rows } = await place.sql.query<{ failed: number }>(
    `select count(*)::integer as failed from jobs
     where batch_id = $1 and finished_at is not null and status <> 'succeeded'`,
    [batchId],
  );
  if (rows[0]?.failed !== 0) throw new Error(`${rows[0]?.failed} jobs of the batch did not succeed`);
  return hasEnded;
}

/** What is left of a batch must not run in the measures after it; while no worker does. */
export async function dropRest(place: BenchPlace, batchId: string): Promise<void> {
  await place.sql.query(
    `update jobs set status = 'cancelled', worker_id = null, finished_at = now()
     where batch_id = $1 and finished_at is null`,
    [batchId],
  );
  await place.sql.query(
    `update batches set status = 'cancelled', finished_at = now() where id = $1 and finished_at is null`,
    [batchId],
  );
}

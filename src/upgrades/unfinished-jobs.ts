import type { EntityManager } from 'typeorm';
import { conflicting } from './drf/refusals.js';

const UNFINISHED = `status not in ('succeeded', 'failed', 'cancelled')`;

/** The two halves are a partial index each; asked as one, the question would walk over all jobs that ever ended. */
const UNFINISHED_JOBS = `select id, input from jobs where status = 'pending'
  union all select id, input from jobs where status in ('queued', 'running', 'waiting')`;

/** Refuses to take a device away from under a job (409). */
export async function assertNoUnfinishedJobOn(tx: EntityManager, deviceId: number, hostname: string): Promise<void> {
  const [job] = await tx.query<{ id: number }[]>(
    `select id from jobs where target_kind = 'device' and target_id = $1 and ${UNFINISHED} order by id limit 1`,
    [String(deviceId)],
  );
  if (job)
    throw conflicting('Device in use', `${hostname} has an unfinished job (${job.id}). Cancel it or let it end first.`);
}

/** Refuses to change where a job's image comes from (409). */
export async function assertNoUnfinishedJobFrom(tx: EntityManager, serverId: number, name: string): Promise<void> {
  const [job] = await tx.query<{ id: number }[]>(
    `select id from (${UNFINISHED_JOBS}) unfinished
     where input ->> 'imageId' in (select id::text from images where file_server_id = $1) order by id limit 1`,
    [serverId],
  );
  if (job)
    throw conflicting(
      'File server in use',
      `An image of ${name} is part of an unfinished job (${job.id}). Cancel it or let it end first.`,
    );
}

/** Refuses to take an image away from under a job (409). */
export async function assertNoUnfinishedJobWith(tx: EntityManager, imageId: number, filename: string): Promise<void> {
  const [job] = await tx.query<{ id: number }[]>(
    `select id from (${UNFINISHED_JOBS}) unfinished where input ->> 'imageId' = $1 order by id limit 1`,
    [String(imageId)],
  );
  if (job)
    throw conflicting(
      'Image in use',
      `${filename} is part of an unfinished job (${job.id}). Cancel it or let it end first.`,
    );
}

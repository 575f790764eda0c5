import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiClient } from './api-client.js';
import type { ProgressView } from './progress-view.js';
import { type BatchKind, BATCHES, haveEnded, type JobStatus, type UpgradeRow } from './upgrade-rows.js';

const POLL_MS = 250;
/** Ten times what it takes: beyond that something is stuck, and the demo says so instead of going on for ever. */
const LIMIT_MS = 300_000;

/** The upgrades did not all end in time. */
export class NotFinished extends Error {}

export interface Triggered {
  readonly kind: BatchKind;
  readonly batchId: string;
  readonly jobIds: readonly number[];
}

interface TriggerAnswer {
  readonly batch_id: string;
  readonly job_ids: readonly number[];
}

/** The body of `POST /api/upgrade/trigger/` (contract "Trigger Upgrade"): the image is each model's golden one. */
export function triggerBody(kind: BatchKind, devices: readonly string[], workflowId: number, scheduledFor: Date) {
  return {
    devices,
    workflow_id: workflowId,
    execution_mode: kind,
    ...(kind === 'sequential' ? { schedule_time: scheduledFor.toISOString() } : {}),
    remarks: 'demo',
  };
}

export async function trigger(api: ApiClient, kind: BatchKind, body: object): Promise<Triggered> {
  const answer = await api.post<TriggerAnswer>('/api/upgrade/trigger/', body);
  return { kind, batchId: answer.batch_id, jobIds: answer.job_ids };
}

/** Polls the batches and shows them until every upgrade has ended. */
export async function watch(
  api: ApiClient,
  batches: readonly Triggered[],
  view: ProgressView,
  signal: AbortSignal,
): Promise<UpgradeRow[]> {
  const until = Date.now() + LIMIT_MS;
  try {
    for (;;) {
      const rows = await readRows(api, batches);
      view.show(rows);
      if (haveEnded(rows)) return rows;
      if (Date.now() > until) throw new NotFinished(`not all upgrades had ended after ${LIMIT_MS / 1000} s`);
      await sleep(POLL_MS, undefined, { signal });
    }
  } finally {
    view.close();
  }
}

/** In the order they were triggered in, the sequential batch first. */
async function readRows(api: ApiClient, batches: readonly Triggered[]): Promise<UpgradeRow[]> {
  const ids = batches.flatMap(({ jobIds }) => jobIds);
  const { jobs } = await api.get<{ jobs: readonly JobStatus[] }>('/api/upgrade/status/', { job_ids: ids.join(',') });
  const byId = new Map(jobs.map((job) => [job.id, job]));
  return BATCHES.flatMap((kind) =>
    batches
      .filter((batch) => batch.kind === kind)
      .flatMap(({ jobIds }) => jobIds)
      .flatMap((id): UpgradeRow[] => {
        const job = byId.get(id);
        return job ? [{ batch: kind, job }] : [];
      }),
  );
}

import { randomUUID } from 'node:crypto';
import type { FleetApp } from './fleet.js';

export interface BatchRowWish {
  readonly status?: string;
  readonly dialect?: string;
  readonly createdBy?: string;
  readonly createdAt?: string;
  readonly jobs?: number;
  readonly jobStatus?: string;
  readonly targetKind?: string;
  readonly unknown?: boolean;
}

/** A batch with jobs as rows only: nothing runs it. Its jobs' targets are `<first 8 of its id>-<n>`. */
export async function insertBatch(fleet: FleetApp, wish: BatchRowWish = {}): Promise<string> {
  const id = randomUUID();
  const { status = 'succeeded', dialect = 'upgrade', createdBy = 'admin', jobs = 2 } = wish;
  await fleet.sql(
    `insert into batches (id, kind, mode, status, on_failure, request, jobs_total, created_by_name, dialect, created_at)
     values ($1, $2, 'parallel', $3, 'continue', '{"secret": "hidden"}', $4, $5, $2, coalesce($6::timestamptz, now()))`,
    [id, dialect, status, jobs, createdBy, wish.createdAt ?? null],
  );
  await fleet.sql(`insert into waves (batch_id, ordinal, status, jobs_total) values ($1, 0, 'done', $2)`, [id, jobs]);
  await fleet.sql(
    `insert into jobs (batch_id, wave, position, kind, target_kind, target_id, label, status, steps, input, unknown, created_at)
     select $1, 0, n - 1, $2, $3, $4 || '-' || n, 'target ' || n, $5, $6::jsonb, '{"password": "hidden"}', $7,
       coalesce($8::timestamptz, now())
     from generate_series(1, $9::integer) n`,
    [
      id,
      dialect,
      wish.targetKind ?? 'device',
      id.slice(0, 8),
      wish.jobStatus ?? 'succeeded',
      JSON.stringify([{ name: 'copy', kind: 'copy', phase: 'copying', config: { key: 'hidden' }, status: 'success' }]),
      wish.unknown ?? false,
      wish.createdAt ?? null,
      jobs,
    ],
  );
  return id;
}

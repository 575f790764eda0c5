/** The demo's upgrades as its table shows them; pure. */

export const BATCHES = ['sequential', 'parallel'] as const;
export type BatchKind = (typeof BATCHES)[number];

/** What the demo reads of a job in `GET /api/upgrade/status/`. */
export interface JobStatus {
  readonly id: number;
  readonly device: number;
  readonly device_hostname: string;
  readonly status: string;
  readonly progress: number;
  readonly current_step: string;
  readonly error: string | null;
  readonly started_at: string | null;
  readonly finished_at: string | null;
}

export interface UpgradeRow {
  readonly batch: BatchKind;
  readonly job: JobStatus;
}

const ENDED: ReadonlySet<string> = new Set(['success', 'failed', 'cancelled']);

export function haveEnded(rows: readonly UpgradeRow[]): boolean {
  return rows.length > 0 && rows.every(({ job }) => ENDED.has(job.status));
}

/** What happens to the switch now, for a person. */
export function stepText({ batch, job }: UpgradeRow): string {
  switch (job.status) {
    case 'scheduled':
      return 'waits for its time';
    case 'pending':
      return batch === 'sequential' ? 'waits for its turn' : 'waits to start';
    case 'success':
      return 'done';
    case 'failed':
      return job.error ?? job.current_step;
    default:
      return job.current_step;
  }
}

export function secondsOf(job: JobStatus): number | null {
  if (job.started_at === null || job.finished_at === null) return null;
  return (Date.parse(job.finished_at) - Date.parse(job.started_at)) / 1000;
}

/** Columns as wide as their widest cell, two blanks between them. */
export function table(rows: readonly (readonly string[])[], indent = '  '): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) => `${indent}${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
    .join('\n');
}

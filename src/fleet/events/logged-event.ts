/** An event as it is read. A `seq` is a number here: it takes nine quadrillion of them to leave the exact ones. */
export interface LoggedEvent {
  readonly seq: number;
  /** ISO 8601, microseconds. */
  readonly at: string;
  readonly type: string;
  readonly dialect: string;
  readonly batchId: string;
  readonly wave: number | null;
  readonly jobId: number | null;
  readonly targetKind: string | null;
  readonly targetId: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The columns that make one. */
export const EVENT_COLUMNS = `e.seq::float8 as seq, to_char(e.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at,
  e.type, e.dialect, e.batch_id as "batchId", e.wave, e.job_id as "jobId", e.target_kind as "targetKind",
  e.target_id as "targetId", e.data`;

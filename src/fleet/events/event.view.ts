import type { LoggedEvent } from './logged-event.js';

/** An event on the wire: the same from every door. */
export class EventView {
  /** Its place in the log. Numbers only grow; some are left out. */
  seq: number;
  type: string;
  /** When it happened. */
  at: string;
  dialect: string;
  batch_id: string;
  wave: number | null;
  job_id: number | null;
  target_kind: string | null;
  target_id: string | null;
  /** What the type adds: the new status, the one before, a step's name, a reason. */
  data: Readonly<Record<string, unknown>>;
}

export function toEventView(event: LoggedEvent): EventView {
  return {
    seq: event.seq,
    type: event.type,
    at: event.at,
    dialect: event.dialect,
    batch_id: event.batchId,
    wave: event.wave,
    job_id: event.jobId,
    target_kind: event.targetKind,
    target_id: event.targetId,
    data: event.data,
  };
}

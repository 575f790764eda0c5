import type { PageView } from '../../api/page.dto.js';
import type { ScheduleRun } from '../schedule-run.entity.js';
import type { ScheduleRow } from '../schedules.service.js';

export class ScheduleView {
  id: number;
  name: string;
  plan: string;
  zone: string;
  /** By the wall clock of the zone. */
  starts_at: string;
  recurrence: string | null;
  missed: string;
  deadline_min: number | null;
  enabled: boolean;
  /** Null: it is over. */
  next_at: Date | null;
  /** Who it runs as. */
  owner: string;
  version: number;
  created_at: Date;
  updated_at: Date;
}

export class SchedulePage implements PageView<ScheduleView> {
  items: ScheduleView[];
  next_cursor: string | null;
}

/** What became of one time of a schedule. */
export class ScheduleRunView {
  id: number;
  due_at: Date;
  /** `started`, `missed` or `refused`. */
  outcome: string;
  batch_id: string | null;
  reason: string | null;
  at: Date;
}

export class ScheduleRunPage implements PageView<ScheduleRunView> {
  items: ScheduleRunView[];
  next_cursor: string | null;
}

export class ScheduleTimesView {
  items: Date[];
}

export function toScheduleView(schedule: ScheduleRow): ScheduleView {
  return {
    id: schedule.id,
    name: schedule.name,
    plan: schedule.planName,
    zone: schedule.zone,
    starts_at: schedule.startsLocal,
    recurrence: schedule.recurrence,
    missed: schedule.missed,
    deadline_min: schedule.deadlineMin,
    enabled: schedule.enabled,
    next_at: schedule.nextAt,
    owner: schedule.ownerName,
    version: schedule.version,
    created_at: schedule.createdAt,
    updated_at: schedule.updatedAt,
  };
}

export function toScheduleRunView(run: ScheduleRun): ScheduleRunView {
  const { id, dueAt, outcome, batchId, reason, at } = run;
  return { id, due_at: dueAt, outcome, batch_id: batchId, reason, at };
}

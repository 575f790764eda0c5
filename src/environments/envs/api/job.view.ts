import { link, linksOf, type Link } from '../../wire/genesis-links.js';
import { millis } from '../../wire/genesis-time.js';
import type { ScheduleRow } from '../schedules.service.js';
import { pathOf } from './env.view.js';

export interface JobView {
  readonly id: string;
  readonly projectId: number;
  readonly envId: number;
  readonly envName: string;
  readonly date: number;
  readonly workflow: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly scheduledBy: string;
  readonly schedule?: string;
  readonly failureDescription?: string;
  readonly links: readonly Link[];
}

/** A scheduled workflow, or one that could not be started. */
export function toJobView(row: ScheduleRow, mayWrite: boolean, address: string): JobView {
  const isFailed = row.failure !== null;
  const path = pathOf({ projectId: row.projectId, id: row.environmentId }, address);
  const href = `${path}/${isFailed ? 'failedJobs' : 'jobs'}/${row.id}`;
  return {
    id: String(row.id),
    projectId: row.projectId,
    envId: row.environmentId,
    envName: row.environmentName,
    date: millis(row.fireAt),
    workflow: row.workflow,
    variables: row.variables,
    scheduledBy: row.requestedBy,
    ...(row.recurrence !== null && { schedule: row.recurrence }),
    ...(row.failure !== null && { failureDescription: row.failure }),
    links: linksOf([link('self', href, 'ScheduledJobDetails', { put: mayWrite && !isFailed, delete: mayWrite })]),
  };
}

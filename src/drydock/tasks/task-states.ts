import type { SiteTaskStatus } from '../records/site-task.entity.js';

/**
 * What may follow what. The write that ends a task takes its condition from here; the few statements that are written
 * out in SQL name their states themselves, and have to say the same.
 */
export const TASK_TRANSITIONS: Readonly<Record<SiteTaskStatus, readonly SiteTaskStatus[]>> = {
  requested: ['queued', 'terminating', 'terminated'],
  queued: ['running', 'terminating', 'terminated', 'complete'],
  running: ['terminating', 'terminated', 'complete'],
  terminating: ['terminated', 'complete'],
  terminated: [],
  complete: [],
};

const STATUSES = Object.keys(TASK_TRANSITIONS) as SiteTaskStatus[];

/** Those a client takes for the end (spec drydock section 4.4). */
export const TASK_ENDED: readonly SiteTaskStatus[] = STATUSES.filter((status) => TASK_TRANSITIONS[status].length === 0);

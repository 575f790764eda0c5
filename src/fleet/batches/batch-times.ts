import type { BatchRequest } from './batch-request.js';
import type { BatchTimes } from './batch-rules.js';
import { invalidFields } from '../../common/fields/read-fields.js';

/** When it may start, and when it must have. A start that is over is now; of two deadlines the earlier counts. */
export function timesOf(request: BatchRequest, now: Date): BatchTimes {
  const { scheduled_for: wanted, deadline: fixed, deadline_min: minutes } = request;
  const scheduledFor = wanted !== undefined && wanted > now ? wanted : null;
  const start = scheduledFor ?? now;
  const deadlines = [fixed, minutes === undefined ? undefined : new Date(start.getTime() + minutes * 60_000)];
  const deadline = deadlines
    .filter((at) => at !== undefined)
    .reduce<Date | null>((first, at) => (first === null || at < first ? at : first), null);
  if (deadline !== null && deadline <= start) {
    throw invalidFields([{ pointer: '/deadline', detail: 'must be after the start' }]);
  }
  return { scheduledFor, deadline };
}

import type { ResultStatus } from '../records/site-task.entity.js';

/** How a task went, and for which nodes (spec drydock section 4.4). */
export interface TaskResult {
  readonly status: ResultStatus;
  readonly successes: readonly string[];
  readonly failures: readonly string[];
}

/** An ended part of a task. Those of one action are its attempts, in their order. */
export interface PartResult extends TaskResult {
  readonly action: string;
  readonly nodeNames: readonly string[];
}

export const NOTHING_YET: TaskResult = { status: 'incomplete', successes: [], failures: [] };

export function withSuccess(result: TaskResult, focus?: string): TaskResult {
  const status = result.status === 'incomplete' || result.status === 'success' ? 'success' : 'partial_success';
  return { ...result, status, successes: joined(result.successes, focus === undefined ? [] : [focus]) };
}

export function withFailure(result: TaskResult, focus?: string): TaskResult {
  const status = result.status === 'incomplete' || result.status === 'failure' ? 'failure' : 'partial_success';
  return { ...result, status, failures: joined(result.failures, focus === undefined ? [] : [focus]) };
}

/**
 * The parts' nodes become the whole's: successes of one action only (of all, without one), failures of every part.
 * A failure that a later attempt at the same action was made for is that attempt's to tell: the original forgets with
 * the first repeated attempt what failed in earlier stages, too.
 */
export function bubbled(result: TaskResult, parts: readonly PartResult[], action?: string): TaskResult {
  const counted = parts.filter((part) => action === undefined || part.action === action);
  const successes = counted.flatMap((part) => part.successes);
  const failures = parts.flatMap((part, index) => {
    const again = new Set(parts.slice(index + 1).flatMap((later) => attemptOf(part, later)));
    return part.failures.filter((name) => !again.has(name));
  });
  return { ...result, successes: joined([], successes), failures: joined([], failures) };
}

function attemptOf(part: PartResult, later: PartResult): readonly string[] {
  return later.action === part.action ? later.nodeNames : [];
}

/** The whole's status from that of its parts of one action (of all, without one); without any part it is a success. */
export function aligned(result: TaskResult, parts: readonly PartResult[], action?: string): TaskResult {
  if (parts.length === 0) return { ...result, status: 'success' };
  const counted = parts.filter((part) => action === undefined || part.action === action);
  const { status } = counted.reduce<TaskResult>(folded, { ...result, status: 'incomplete' });
  return { ...result, status };
}

function folded(whole: TaskResult, part: PartResult): TaskResult {
  const once = part.status === 'success' || part.status === 'partial_success' ? withSuccess(whole) : whole;
  return part.status === 'failure' || part.status === 'partial_success' ? withFailure(once) : once;
}

/**
 * The end of a task made of parts. Nodes that did not get as far as the action that counts are failures the original
 * does not let show in the status: here a task is a success only when none of its nodes failed.
 */
export function settled(result: TaskResult, parts: readonly PartResult[], action?: string): TaskResult {
  const whole = aligned(bubbled(result, parts, action), parts, action);
  if (whole.failures.length === 0) return whole.status === 'incomplete' ? { ...whole, status: 'failure' } : whole;
  return { ...whole, status: whole.successes.length > 0 ? 'partial_success' : 'failure' };
}

/** Each once, in the order of their first. */
function joined(some: readonly string[], more: readonly string[]): string[] {
  return [...new Set([...some, ...more])];
}

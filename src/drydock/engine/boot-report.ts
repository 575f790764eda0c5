import type { BootActionStatus } from '../records/boot-action-record.entity.js';
import type { NewTaskMessage } from '../tasks/task-messages.service.js';
import { NOTHING_YET, type TaskResult, withFailure, withSuccess } from '../tasks/result.js';

export interface ReportedAction {
  readonly nodeName: string;
  readonly actionName: string;
  readonly status: BootActionStatus;
  /** The node was deployed or destroyed by another task since: nothing more will come. */
  readonly superseded: boolean;
}

export interface BootReport {
  readonly result: TaskResult;
  readonly messages: readonly NewTaskMessage[];
}

/** How many may still report. */
export function awaitedOf(actions: readonly ReportedAction[]): number {
  return actions.filter(({ status, superseded }) => status === 'incomplete' && !superseded).length;
}

/**
 * What the boot actions came to when all of them reported or the time was over (spec drydock section 6.2): a node is a
 * success when none of its actions failed and none is missing; those that do not report do not count.
 */
export function reportOf(nodeNames: readonly string[], actions: readonly ReportedAction[]): BootReport {
  const messages: NewTaskMessage[] = [];
  let result = NOTHING_YET;
  for (const nodeName of nodeNames) {
    const counted = actions.filter((action) => action.nodeName === nodeName && action.status !== 'unreported');
    messages.push(...counted.map(messageOf));
    const isGood = counted.every(({ status }) => status === 'success');
    result = isGood ? withSuccess(result, nodeName) : withFailure(result, nodeName);
  }
  return { result: nodeNames.length === 0 ? withSuccess(result) : result, messages };
}

function messageOf({ nodeName, actionName, status, superseded }: ReportedAction): NewTaskMessage {
  const about = { contextType: 'node', context: nodeName };
  if (status === 'success') {
    return { ...about, error: false, message: `Boot action ${actionName} completed with status success` };
  }
  if (status === 'failure') {
    return { ...about, error: true, message: `Boot action ${actionName} completed with status failure` };
  }
  const what = superseded ? 'was superseded by another deployment or the end of the node.' : 'timed out.';
  return { ...about, error: true, message: `Boot action ${actionName} ${what}` };
}

import { Invalid } from '../../../common/errors.js';
import { readNodeFilter } from '../../designs/node-filter.js';
import { refProblem } from '../../locations/location.js';
import type { JsonObject } from '../../wire/drydock-body.js';
import { isRootAction, type RootAction } from '../actions.js';
import type { TaskWish } from '../tasks.service.js';

const LONGEST = 100;

export function toAction({ action }: JsonObject): RootAction {
  if (isRootAction(action)) return action;
  // As Python writes what is not there.
  const word =
    action === undefined || action === null ? 'None' : typeof action === 'string' ? action : JSON.stringify(action);
  throw new Invalid(`Unsupported action ${word.slice(0, LONGEST)}`);
}

export function toTaskWish(action: RootAction, body: JsonObject): TaskWish {
  const ref = body['design_ref'];
  if (ref === undefined || ref === null || ref === '') {
    throw new Invalid('Task creation requires fields design_ref, action');
  }
  const problem = refProblem(ref);
  if (typeof ref !== 'string' || problem !== null) throw new Invalid(`design_ref: ${problem}`);
  readNodeFilter(body['node_filter']);
  return { action, designRef: ref, nodeFilter: (body['node_filter'] ?? null) as JsonObject | null };
}

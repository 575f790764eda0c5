import { refuseFields } from '../../common/fields/read-fields.js';
import type { ActionRequest } from '../../orchestration/targets/target-kinds.js';
import { POOL_STATES } from '../states.js';

export const NO_PARAMETERS = { type: 'object', additionalProperties: false, properties: {} } as const;

/** SQL: the state's name of the column `state`. */
export const STATE_WORDS = `case state ${Object.entries(POOL_STATES)
  .map(([name, state]) => `when ${state} then '${name}'`)
  .join(' ')} end`;

export function takesNothing(request: ActionRequest): ActionRequest {
  refuseFields(request, 'body');
  return {};
}

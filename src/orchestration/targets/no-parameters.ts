import { refuseFields } from '../../common/fields/read-fields.js';
import type { TargetAction } from './target-kinds.js';

/** For an action that takes none: `{ mode, summary, ...NO_PARAMETERS, start }`. */
export const NO_PARAMETERS: Pick<TargetAction, 'schema' | 'parse'> = {
  schema: { type: 'object', additionalProperties: false, properties: {} },
  parse(request) {
    refuseFields(request, 'body');
    return {};
  },
};

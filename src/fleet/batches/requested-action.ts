import { Invalid } from '../../common/errors.js';
import { type FieldProblem, invalidFields } from '../../common/fields/read-fields.js';
import type { ActionRequest, TargetAction, TargetKind, TargetKinds } from '../../orchestration/targets/target-kinds.js';
import type { BatchRequest } from './batch-request.js';

/** What a request asks for, step by step; each throws `Invalid`, pointing into the request. */

export function requestedKind(kinds: TargetKinds, { targets }: BatchRequest): TargetKind {
  const kind = kinds.all().find(({ kind }) => kind === targets.kind);
  if (kind) return kind;
  const known = kinds.all().map(({ kind }) => kind);
  throw invalidFields([{ pointer: '/targets/kind', detail: `must be one of ${known.join(', ')}` }]);
}

export function requestedAction({ kind, actions }: TargetKind, { action: name }: BatchRequest): TargetAction {
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (action) return action;
  const known = Object.keys(actions).sort().join(', ');
  const detail = known ? `must be one of ${known}` : `nothing can be done to targets of kind ${kind}`;
  throw invalidFields([{ pointer: '/action', detail }]);
}

/** With the action's defaults. An action reads its parameters by itself, and words its own refusals. */
export function requestedParameters(action: TargetAction, { parameters = {} }: BatchRequest): ActionRequest {
  try {
    return action.parse(parameters);
  } catch (error) {
    if (!(error instanceof Invalid)) throw error;
    const problems = (error.details['errors'] ?? []) as readonly FieldProblem[];
    if (problems.length === 0) throw invalidFields([{ pointer: '/parameters', detail: error.message }]);
    throw invalidFields(problems.map(({ pointer, detail }) => ({ pointer: `/parameters${pointer ?? ''}`, detail })));
  }
}

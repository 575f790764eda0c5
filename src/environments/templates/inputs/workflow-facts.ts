import type { JsonObject } from '../template.js';
import type { Scope } from '../expressions/scope.js';

/** What is known before a workflow is run: what its conditions may read. */
export interface WorkflowFacts {
  /** The configuration's items, its `name` and its `instanceCount`. */
  readonly envConfig: JsonObject;
  readonly env?: JsonObject;
  readonly context?: JsonObject;
  readonly workflow?: JsonObject;
}

export function scopeOf(facts: WorkflowFacts, vars: Scope['vars']): Scope {
  const { envConfig, env = {}, context = {}, workflow = {} } = facts;
  return { vars, envConfig, env, context, workflow };
}

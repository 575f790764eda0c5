/** The kind of environments' jobs: each is one step of a workflow, and a workflow is a batch of them. */
export const ENVIRONMENTS = 'environments';
/** Steps of workflows as the targets of jobs. */
export const ENVIRONMENT_STEP = 'environment-step';

/** What a workflow's batch is about, stored as its request. */
export interface WorkflowRequest extends Record<string, unknown> {
  readonly workflowId: number;
  readonly environmentId: number;
}

/** What a step's job is about, stored as its input. No variables: those stay where secrets are sealed. */
export interface EnvironmentStepInput extends WorkflowRequest {
  readonly stepId: number;
}

import type { EntityManager } from 'typeorm';
import { EnvironmentStep } from '../records/environment-step.entity.js';
import { EnvironmentWorkflow } from '../records/environment-workflow.entity.js';
import { Environment } from '../records/environment.entity.js';
import type { StepDefinition, Template } from '../templates/template.js';
import type { FlowStep } from './flow.js';

/**
 * Rows are locked in one order everywhere: environment, workflow, its steps, and then what the orchestration has of them.
 * Who holds the environment's row decides alone what its workflow does next.
 */
export interface HeldWorkflow {
  readonly environment: Environment;
  readonly workflow: EnvironmentWorkflow;
  readonly steps: EnvironmentStep[];
}

export const UNFINISHED = ['Requested', 'Running'] as const;

/** The workflow that has not ended, with everything locked; null when there is none. */
export async function holdWorkflow(
  tx: EntityManager,
  environmentId: number,
  workflowId: number | null = null,
): Promise<HeldWorkflow | null> {
  const environment = await lockEnvironment(tx, environmentId);
  if (environment === null) return null;
  const workflow = await tx
    .createQueryBuilder(EnvironmentWorkflow, 'workflow')
    .setLock('pessimistic_write')
    .where('workflow.environmentId = :environmentId and workflow.status in (:...unfinished)', {
      environmentId,
      unfinished: UNFINISHED,
    })
    .getOne();
  if (workflow === null || (workflowId !== null && workflow.id !== workflowId)) return null;
  const steps = await tx.find(EnvironmentStep, { where: { workflowId: workflow.id }, order: { ordinal: 'ASC' } });
  return { environment, workflow, steps };
}

export function lockEnvironment(tx: EntityManager, id: number): Promise<Environment | null> {
  return tx.findOne(Environment, { where: { id }, lock: { mode: 'pessimistic_write' } });
}

export function templateOf(environment: Pick<Environment, 'template'>): Template {
  return environment.template as unknown as Template;
}

export function definitionOf(step: Pick<EnvironmentStep, 'definition'>): StepDefinition {
  return step.definition as unknown as StepDefinition;
}

export function flowStepOf(step: EnvironmentStep): FlowStep {
  const { id, regular, phase, after, ignoreFail, status, jobId } = step;
  return { id, regular, phase, after, ignoreFail, status, isStarted: jobId !== null };
}

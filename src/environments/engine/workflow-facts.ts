import type { EntityManager } from 'typeorm';
import { Configuration } from '../records/configuration.entity.js';
import type { Environment } from '../records/environment.entity.js';
import type { EnvironmentWorkflow } from '../records/environment-workflow.entity.js';
import type { JsonObject } from '../templates/template.js';

/** What a template's expressions may read, besides the variables. */
export interface WorkflowFacts {
  readonly envConfig: JsonObject;
  readonly env: JsonObject;
  readonly context: JsonObject;
  readonly workflow: JsonObject;
}

/** An environment's configuration as templates see it: its items, its name, and how many environments use it. */
export async function configFacts(tx: EntityManager, configurationId: number | null): Promise<JsonObject> {
  const config = configurationId === null ? null : await tx.findOneBy(Configuration, { id: configurationId });
  if (config === null) return { instanceCount: 0 };
  const [used] = await tx.query<{ count: number }[]>(
    `select count(*)::integer as count from environments where configuration_id = $1 and status <> 'Destroyed'`,
    [config.id],
  );
  return { ...config.items, name: config.name, instanceCount: used!.count };
}

export function environmentFacts(environment: Environment): Pick<WorkflowFacts, 'env' | 'context'> {
  const { id, name, projectId, status, creator, templateName, templateVersion, attributes, context } = environment;
  const values = Object.entries(attributes).map(([key, { value }]) => [key, value] as const);
  return {
    env: {
      id,
      name,
      projectId,
      status,
      creator,
      templateName,
      templateVersion,
      attributes: Object.fromEntries(values),
    },
    context: context as JsonObject,
  };
}

export function runFacts(
  workflow: Pick<EnvironmentWorkflow, 'id' | 'name' | 'startedBy' | 'startedAt'>,
  environment: Pick<Environment, 'id' | 'projectId'>,
): JsonObject {
  return {
    id: workflow.id,
    name: workflow.name,
    envId: environment.id,
    projectId: environment.projectId,
    startedBy: workflow.startedBy,
    started: workflow.startedAt?.getTime() ?? 0,
  };
}

import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Config } from '../../config/config.js';
import { SecretBox } from '../../config/secret-box.js';
import type { Principal } from '../../auth/principal.js';
import { EnvironmentWorkflow } from '../records/environment-workflow.entity.js';
import type { Environment, EnvironmentStatus } from '../records/environment.entity.js';
import type { Workflow } from '../templates/template.js';
import type { InputsVerdict } from '../templates/inputs/check-inputs.js';
import { WorkflowInputs } from '../templates/workflow-inputs.service.js';
import { refused } from '../wire/genesis-result.js';
import { environmentSources } from './environment-states.js';
import { FlowSteps } from './flow-steps.service.js';
import { sealVariables } from './sealed-variables.js';
import { configFacts, environmentFacts, runFacts } from './workflow-facts.js';
import { lockEnvironment, templateOf } from './workflow-rows.js';

export type AcceptedInputs = Extract<InputsVerdict, { ok: true }>;

export interface WorkflowStart {
  readonly workflow: Workflow;
  readonly inputs: AcceptedInputs;
  readonly startedBy: string;
}

/** For schedules and times to live: who asked for what Slipway starts by itself. */
export function schedulerOf(requestedBy: string): string {
  return `Scheduler / ${requestedBy}`;
}

export function starterOf({ username }: Pick<Principal, 'username'>): string {
  return username;
}

/** Starts workflows: checks what they are given, and takes the environment for them. One at a time (spec environments section 3.1). */
@Injectable()
export class WorkflowStarts {
  constructor(
    private readonly inputs: WorkflowInputs,
    private readonly steps: FlowSteps,
    private readonly secrets: SecretBox,
    private readonly config: Config,
  ) {}

  /** The values to start with. What a template does not accept is refused, each kind in its own part of the answer. */
  async accept(
    tx: EntityManager,
    environment: Environment,
    workflow: Workflow,
    given: Readonly<Record<string, unknown>>,
  ): Promise<AcceptedInputs> {
    const envConfig = await configFacts(tx, environment.configurationId);
    const facts = { ...environmentFacts(environment), envConfig };
    return accepted(await this.inputs.check(templateOf(environment), workflow, given, facts));
  }

  /** In an environment that is there: takes it, or refuses because somebody else has it. */
  async start(tx: EntityManager, environmentId: number, start: WorkflowStart): Promise<number> {
    const environment = await lockEnvironment(tx, environmentId);
    const from = environmentSources('Busy');
    if (environment === null || !from.includes(environment.status)) throw notReady(environment?.status ?? 'Destroyed');
    await tx.query(`update environments set status = 'Busy' where id = $1 and status = any($2::text[])`, [
      environmentId,
      from,
    ]);
    return this.begin(tx, environment, start);
  }

  /** The caller has the environment: it is new, or was taken just now. Its `status` is what it was before. */
  async begin(tx: EntityManager, environment: Environment, start: WorkflowStart): Promise<number> {
    const { workflow, inputs, startedBy } = start;
    const [row] = await tx.query<{ id: number }[]>(
      `insert into environment_workflows (environment_id, name, status, read_only, restore_status, started_by, variables,
         display_variables, deadline_at)
       values ($1, $2, 'Requested', $3, $4, $5, $6::jsonb, $7::jsonb, now() + $8 * interval '1 second') returning id`,
      [
        environment.id,
        workflow.name,
        workflow.readOnly,
        workflow.readOnly ? environment.status : null,
        startedBy,
        JSON.stringify(sealVariables(inputs.values, inputs.secretNames, this.secrets)),
        JSON.stringify(inputs.display),
        this.config.values.genesisFlowTimeout,
      ],
    );
    const run = await tx.findOneByOrFail(EnvironmentWorkflow, { id: row!.id });
    const scope = {
      ...environmentFacts(environment),
      envConfig: await configFacts(tx, environment.configurationId),
      workflow: runFacts({ ...run, startedAt: run.requestedAt }, environment),
      vars: inputs.values,
    };
    const steps = await this.steps.add(tx, run, workflow.steps, scope, { regular: true, first: 1 });
    const batchId = await this.steps.begin(tx, { environment, workflow: run, steps });
    await tx.update(EnvironmentWorkflow, run.id, { batchId, stepsTotal: steps.length });
    return run.id;
  }
}

export function accepted(verdict: InputsVerdict): AcceptedInputs {
  if (verdict.ok) return verdict;
  throw refused({ variablesErrors: verdict.variables, compoundServiceErrors: verdict.preconditions });
}

function notReady(status: EnvironmentStatus) {
  return refused({ compoundVariablesErrors: [`Instance with status ${status} isn't ready for workflow request`] });
}

import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { ActionError } from '../../common/errors.js';
import { SecretBox } from '../../config/secret-box.js';
import { JobKinds } from '../../orchestration/job-kinds.js';
import type { Job } from '../../orchestration/job.entity.js';
import { storableText } from '../../orchestration/storable.js';
import { Configuration } from '../records/configuration.entity.js';
import { EnvironmentStep } from '../records/environment-step.entity.js';
import { EnvironmentWorkflow } from '../records/environment-workflow.entity.js';
import { Environment } from '../records/environment.entity.js';
import { LeasedServer } from '../records/leased-server.entity.js';
import { StepDrivers } from '../steps/step-drivers.js';
import { STEP_HANDLERS } from '../steps/step-handlers.js';
import type { EnvironmentServer, StepWork, WorkHandler } from '../steps/step-work.js';
import { interpolate, isSkipped } from '../templates/expressions/interpolate.js';
import type { Scope } from '../templates/expressions/scope.js';
import type { StepDefinition } from '../templates/template.js';
import { ENVIRONMENTS, type EnvironmentStepInput } from './environment-job.js';
import { openVariables, type SealedVariables } from './sealed-variables.js';
import { StepRecords } from './step-recorder.js';
import { detailsOfStep } from './step-words.js';
import { WorkflowEnds } from './workflow-ends.service.js';
import { configFacts, environmentFacts, runFacts } from './workflow-facts.js';
import { definitionOf } from './workflow-rows.js';

/** Hands the steps of workflows down to the orchestration, and to the workflows what became of them. */
@Injectable()
export class EnvironmentJobKind implements OnModuleInit {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly kinds: JobKinds,
    private readonly secrets: SecretBox,
    private readonly drivers: StepDrivers,
    private readonly ends: WorkflowEnds,
  ) {}

  onModuleInit(): void {
    this.kinds.register<StepWork>(ENVIRONMENTS, {
      steps: Object.fromEntries(Object.entries(STEP_HANDLERS).map(([kind, handler]) => [kind, skippable(handler)])),
      load: (job) => this.load(job),
      onFinished: (tx, job) => this.ends.stepEnded(tx, job),
      onBatchEnded: (tx, batch) => this.ends.batchEnded(tx, batch),
    });
  }

  private async load(job: Readonly<Job>): Promise<StepWork> {
    const { environmentId, workflowId, stepId } = job.input as EnvironmentStepInput;
    const tx = this.dataSource.manager;
    await this.started(workflowId, stepId);
    const [environment, workflow, step] = await Promise.all([
      tx.findOneByOrFail(Environment, { id: environmentId }),
      tx.findOneByOrFail(EnvironmentWorkflow, { id: workflowId }),
      tx.findOneByOrFail(EnvironmentStep, { id: stepId }),
    ]);
    const { values, secrets, masked } = openVariables(workflow.variables as SealedVariables, this.secrets);
    const scope: Scope = {
      ...environmentFacts(environment),
      envConfig: await configFacts(tx, environment.configurationId),
      workflow: runFacts(workflow, environment),
      vars: values,
      ...(workflow.failedStep !== null && { failedStep: workflow.failedStep }),
    };
    const definition = await this.build(step, scope, { ...scope, vars: masked });
    const config = await this.configItems(environment);
    const { id, name, projectId, createdAt } = environment;
    return {
      definition,
      scope,
      variables: values,
      environment: { id, name, projectId, createdAt },
      workflow: { id: workflowId, name: workflow.name, startedBy: workflow.startedBy },
      stepId,
      configItems: config,
      servers: await this.servers(environmentId),
      secrets,
      record: new StepRecords(this.dataSource, stepId, secrets),
      drivers: this.drivers,
    };
  }

  /** Each by itself and never together: who ends a step holds its workflow's row and comes to the step's. */
  private async started(workflowId: number, stepId: number): Promise<void> {
    await this.dataSource.query(
      `update environment_workflows set status = 'Running', started_at = coalesce(started_at, now())
       where id = $1 and status = 'Requested'`,
      [workflowId],
    );
    await this.dataSource.query(
      `update environment_steps set status = 'Running', started_at = coalesce(started_at, now())
       where id = $1 and status = 'Requested'`,
      [stepId],
    );
  }

  /** The step as it is to be done now. One that cannot be built says why in its details (spec environments section 3.4). */
  private async build(step: EnvironmentStep, scope: Scope, shown: Scope): Promise<StepDefinition> {
    const definition = definitionOf(step);
    try {
      const skip = isSkipped(definition, scope);
      const built = { ...interpolate(definition, scope), skip };
      const told = interpolate(definition, shown);
      await this.describe(step.id, detailsOfStep(told), told.title);
      return built;
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      await this.describe(step.id, problem, step.title);
      throw new ActionError(problem, { code: 'template', retryable: false, cause: error });
    }
  }

  private async describe(stepId: number, details: string, title: string | null): Promise<void> {
    await this.dataSource.query('update environment_steps set details = $2, title = $3 where id = $1', [
      stepId,
      storableText(details),
      title === null ? null : storableText(title),
    ]);
  }

  private async configItems(environment: Environment): Promise<Readonly<Record<string, string>>> {
    const id = environment.configurationId;
    return (id === null ? null : await this.dataSource.manager.findOneBy(Configuration, { id }))?.items ?? {};
  }

  private async servers(environmentId: number): Promise<EnvironmentServer[]> {
    const rows = await this.dataSource.manager.find(LeasedServer, {
      where: { environmentId, status: 'Ready' },
      order: { id: 'ASC' },
    });
    return rows.map(({ lease }) => lease as unknown as EnvironmentServer);
  }
}

/** What an earlier step exported may be why this one is not needed. */
function skippable(handler: WorkHandler): WorkHandler {
  return {
    ...handler,
    async run(context) {
      if (context.subject.definition.skip === true) return { outcome: 'skipped', message: 'Not needed' };
      return handler.run(context);
    },
  };
}

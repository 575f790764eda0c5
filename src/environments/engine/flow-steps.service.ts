import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Config } from '../../config/config.js';
import { BatchesService, type JobSpec } from '../../orchestration/batches.service.js';
import type { Environment } from '../records/environment.entity.js';
import { EnvironmentStep } from '../records/environment-step.entity.js';
import type { EnvironmentWorkflow } from '../records/environment-workflow.entity.js';
import { isSkipped } from '../templates/expressions/interpolate.js';
import type { Scope } from '../templates/expressions/scope.js';
import type { StepDefinition } from '../templates/template.js';
import { ENVIRONMENTS, type EnvironmentStepInput } from './environment-job.js';
import { activeSteps, nextSteps } from './flow.js';
import { jobOfStep } from './step-job.js';
import { detailsOfStep } from './step-words.js';
import { definitionOf, flowStepOf, type HeldWorkflow } from './workflow-rows.js';

/** The steps of a workflow: what makes rows and jobs of them, and takes jobs back. */
@Injectable()
export class FlowSteps {
  constructor(
    private readonly batches: BatchesService,
    private readonly config: Config,
  ) {}

  /** Stores steps as requested, but those that are skipped. */
  async add(
    tx: EntityManager,
    workflow: Pick<EnvironmentWorkflow, 'id'>,
    definitions: readonly StepDefinition[],
    scope: Scope,
    place: { readonly regular: boolean; readonly first: number },
  ): Promise<EnvironmentStep[]> {
    const wanted = definitions.filter((definition) => !mayBeSkipped(definition, scope));
    const rows = wanted.map((definition, index) =>
      tx.create(EnvironmentStep, {
        workflowId: workflow.id,
        ordinal: place.first + index,
        regular: place.regular,
        phase: definition.phase,
        after: [...definition.after],
        title: definition.title,
        definition: definition as unknown as Record<string, unknown>,
        status: 'Requested',
        details: detailsOfStep(definition),
        ignoreFail: definition.ignoreFail,
      }),
    );
    return rows.length === 0 ? [] : tx.save(EnvironmentStep, rows);
  }

  /** The workflow's batch, with the steps that nothing has to come before. */
  async begin(tx: EntityManager, held: HeldWorkflow): Promise<string> {
    const { environment, workflow } = held;
    const next = this.next(held);
    const { id, jobIds } = await this.batches.submit(tx, {
      kind: ENVIRONMENTS,
      mode: 'parallel',
      onFailure: 'continue',
      maxParallel: null,
      scheduledFor: null,
      request: { workflowId: workflow.id, environmentId: environment.id },
      createdBy: { id: null, name: workflow.startedBy },
      waves: [next.map((step) => this.jobOf(environment, step))],
    });
    await linkJobs(tx, next, jobIds);
    workflow.batchId = id;
    return id;
  }

  /** The steps whose time has come join the batch, in the transaction that made it come. */
  async goOn(tx: EntityManager, held: HeldWorkflow): Promise<void> {
    const next = this.next(held);
    if (next.length === 0) return;
    const jobs = next.map((step) => this.jobOf(held.environment, step));
    await linkJobs(tx, next, await this.batches.append(tx, held.workflow.batchId!, jobs));
  }

  /** Stops what is at work. A step that no worker had taken up was never reached. */
  async stop(tx: EntityManager, held: HeldWorkflow, by: string): Promise<void> {
    const active = activeSteps(held.steps.map(flowStepOf)).map(({ id }) => id);
    const steps = held.steps.filter(({ id }) => active.includes(id));
    const jobIds = steps.map(({ jobId }) => jobId!);
    const { cancelled } = await this.batches.abort(tx, ENVIRONMENTS, jobIds, by);
    await this.leave(
      tx,
      steps.filter(({ jobId }) => cancelled.includes(jobId!)),
    );
  }

  /** Steps whose jobs ended before they had begun. */
  async leave(tx: EntityManager, steps: readonly EnvironmentStep[]): Promise<void> {
    for (const step of steps) step.jobId = null;
    await tx.query(
      `update environment_steps set job_id = null where id = any($1::integer[]) and status = 'Requested'`,
      [steps.map(({ id }) => id)],
    );
  }

  private next({ workflow, steps }: HeldWorkflow): EnvironmentStep[] {
    const next = new Set(nextSteps(workflow.interruption, steps.map(flowStepOf)).map(({ id }) => id));
    return steps.filter(({ id }) => next.has(id));
  }

  private jobOf(environment: Environment, step: EnvironmentStep): JobSpec {
    const input: EnvironmentStepInput = {
      stepId: step.id,
      workflowId: step.workflowId,
      environmentId: environment.id,
    };
    return jobOfStep(definitionOf(step), input, this.config.values.genesisFlowTimeout);
  }
}

/** What cannot be told yet (it reads what an earlier step exports) is asked again when the step starts. */
function mayBeSkipped(definition: StepDefinition, scope: Scope): boolean {
  try {
    return isSkipped(definition, scope);
  } catch {
    return false;
  }
}

async function linkJobs(
  tx: EntityManager,
  steps: readonly EnvironmentStep[],
  jobIds: readonly number[],
): Promise<void> {
  for (const [index, step] of steps.entries()) step.jobId = jobIds[index]!;
  await tx.query(
    `update environment_steps s set job_id = link.job
     from unnest($1::integer[], $2::integer[]) as link(step, job) where s.id = link.step`,
    [steps.map(({ id }) => id), jobIds],
  );
}

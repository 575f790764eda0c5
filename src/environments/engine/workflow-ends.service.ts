import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuditService } from '../../auth/audit/audit.service.js';
import { SYSTEM_PRINCIPAL } from '../../auth/principal.js';
import { SecretBox } from '../../config/secret-box.js';
import type { EndedBatch, EndedJob } from '../../orchestration/step-handler.js';
import { EnvironmentSchedule } from '../records/environment-schedule.entity.js';
import type { EnvironmentStep } from '../records/environment-step.entity.js';
import { EnvironmentWorkflow, type WorkflowInterruption } from '../records/environment-workflow.entity.js';
import { workflowOf } from '../templates/template.js';
import type { EnvironmentStepInput, WorkflowRequest } from './environment-job.js';
import { statusAfter } from './environment-states.js';
import { counts, endOfFlow, interrupts, isEnded, type EndedStepStatus } from './flow.js';
import { FlowSteps } from './flow-steps.service.js';
import { recordResult } from './step-results.js';
import { nameOfStep } from './step-words.js';
import { openVariables, type SealedVariables } from './sealed-variables.js';
import { configFacts, environmentFacts, runFacts } from './workflow-facts.js';
import { definitionOf, flowStepOf, holdWorkflow, templateOf, type HeldWorkflow } from './workflow-rows.js';

const STATUS_OF: Readonly<Record<EndedJob['status'], EndedStepStatus>> = {
  succeeded: 'Successful',
  failed: 'Failed',
  cancelled: 'Canceled',
};

/**
 * What the ends of steps mean for their workflow, and the workflow's end for its environment (spec environments section 3),
 * in the transactions that end them.
 */
@Injectable()
export class WorkflowEnds {
  constructor(
    private readonly steps: FlowSteps,
    private readonly secrets: SecretBox,
    private readonly audit: AuditService,
  ) {}

  /** A step has ended: the next ones start, or the flow is interrupted. */
  async stepEnded(tx: EntityManager, job: EndedJob): Promise<void> {
    const { environmentId, workflowId, stepId } = job.input as EnvironmentStepInput;
    const held = await holdWorkflow(tx, environmentId, workflowId);
    const step = held?.steps.find(({ id }) => id === stepId);
    if (!held || !step || isEnded(step)) return;
    const status = STATUS_OF[job.status];
    if (status === 'Canceled' && step.status === 'Requested') await this.steps.leave(tx, [step]);
    else await this.recordEnd(tx, held, step, status, job);
    if (held.workflow.interruption === null) {
      if (status === 'Canceled') await this.interrupt(tx, held, 'cancel', 'the orchestration');
      else if (interrupts(step, status)) await this.fail(tx, held, step);
    }
    await this.steps.goOn(tx, held);
  }

  /** Nothing of the workflow is at work any more. */
  async batchEnded(tx: EntityManager, batch: EndedBatch): Promise<void> {
    const { environmentId, workflowId } = batch.request as WorkflowRequest;
    const held = await holdWorkflow(tx, environmentId, workflowId);
    if (!held) return;
    const { environment, workflow } = held;
    const status = endOfFlow(workflow.interruption, held.steps.map(flowStepOf));
    await tx.query(
      `update environment_workflows set status = $2, started_at = coalesce(started_at, now()), finished_at = now()
       where id = $1 and status in ('Requested', 'Running')`,
      [workflow.id, status],
    );
    const isDestroy = templateOf(environment).destroyWorkflow === workflow.name;
    const next = statusAfter({ status, isDestroy, restoreStatus: workflow.restoreStatus });
    await tx.query(`update environments set status = $2 where id = $1 and status = 'Busy'`, [environment.id, next]);
    if (workflow.restoreStatus === null) {
      await tx.query('update environments set modified_by = $2, modified_at = now() where id = $1', [
        environment.id,
        workflow.startedBy,
      ]);
    }
    if (next === 'Destroyed') await dropSchedules(tx, environment.id);
    await this.audit.record(tx, SYSTEM_PRINCIPAL, {
      action: 'workflow_end',
      objectType: 'environment',
      objectId: environment.id,
      objectRepr: environment.name,
      before: { status: environment.status },
      after: { status: next, workflow: workflow.name, result: status },
    });
  }

  /** No more of its steps start, those at work are stopped. The caller holds the rows. */
  async interrupt(
    tx: EntityManager,
    held: HeldWorkflow,
    interruption: WorkflowInterruption,
    by: string,
    failedStep: string | null = null,
  ): Promise<void> {
    held.workflow.interruption = interruption;
    await tx.update(EnvironmentWorkflow, held.workflow.id, { interruption, ...(failedStep && { failedStep }) });
    await this.steps.stop(tx, held, by);
  }

  private async fail(tx: EntityManager, held: HeldWorkflow, step: EnvironmentStep): Promise<void> {
    const { environment, workflow } = held;
    const title = step.title ?? nameOfStep(definitionOf(step));
    await this.interrupt(tx, held, 'failure', `the failure of ${title}`, title);
    const rescue = workflowOf(templateOf(environment), workflow.name)?.onError ?? [];
    const { values } = openVariables(workflow.variables as SealedVariables, this.secrets);
    const scope = {
      ...environmentFacts(environment),
      envConfig: await configFacts(tx, environment.configurationId),
      workflow: runFacts(workflow, environment),
      vars: values,
      failedStep: title,
    };
    const first = Math.max(...held.steps.map(({ ordinal }) => ordinal)) + 1;
    held.steps.push(...(await this.steps.add(tx, workflow, rescue, scope, { regular: false, first })));
  }

  private async recordEnd(
    tx: EntityManager,
    { environment, workflow }: HeldWorkflow,
    step: EnvironmentStep,
    status: EndedStepStatus,
    job: EndedJob,
  ): Promise<void> {
    const counted = counts(workflow.interruption, step, status);
    step.status = status;
    const message = job.steps[0]?.message ?? null;
    const error = status === 'Failed' ? message : null;
    await tx.query(
      `with ended as (
         update environment_steps set status = $2, error = $3, started_at = coalesce(started_at, now()),
           finished_at = now()
         where id = $1 and status in ('Requested', 'Running') returning id),
       actions as (
         update environment_actions set status = $4, finished_at = now()
         where step_id in (select id from ended) and status = 'Running'),
       line as (
         insert into environment_logs (step_id, text) select id, 'FAILURE: ' || $3 from ended where $3::text is not null)
       update environment_workflows set steps_finished = steps_finished + $6 where id = $5`,
      [step.id, status, error, status === 'Successful' ? 'Interrupted' : status, workflow.id, counted ? 1 : 0],
    );
    if (status === 'Successful') await recordResult(tx, environment, job.steps[0]?.result ?? {});
  }
}

/** What was to happen to an environment that is gone. */
export async function dropSchedules(tx: EntityManager, environmentId: number): Promise<void> {
  await tx.delete(EnvironmentSchedule, { environmentId });
}

import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource, EntityManager } from 'typeorm';
import { AuditService } from '../../auth/audit/audit.service.js';
import type { Principal } from '../../auth/principal.js';
import { environmentSources } from '../engine/environment-states.js';
import { dropSchedules, WorkflowEnds } from '../engine/workflow-ends.service.js';
import { holdWorkflow, lockEnvironment, templateOf } from '../engine/workflow-rows.js';
import { starterOf, WorkflowStarts } from '../engine/workflow-starts.service.js';
import { Environment, type EnvironmentStatus } from '../records/environment.entity.js';
import { workflowOf, type Workflow } from '../templates/template.js';
import { missing, refused } from '../wire/genesis-result.js';

/** What people do with an environment: run its workflows, stop them, and set its status by hand (spec environments section 2.1). */
@Injectable()
export class WorkflowRuns {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly starts: WorkflowStarts,
    private readonly ends: WorkflowEnds,
    private readonly audit: AuditService,
  ) {}

  /** Returns the id of the workflow that was started. */
  async run(principal: Principal, id: number, name: string, given: Readonly<Record<string, unknown>>): Promise<number> {
    const environment = await this.get(id);
    const template = templateOf(environment);
    if (name === template.createWorkflow) {
      const problem = `It's not allowed to execute create workflow['${name}'] in existing instance '${environment.name}'`;
      throw refused({ serviceErrors: { envName: problem } });
    }
    const workflow = workflowOf(template, name);
    if (workflow === null) throw missing(`Workflow ${name} not found in template ${template.name}`);
    return this.start(principal, environment, workflow, given);
  }

  async destroy(principal: Principal, id: number): Promise<number> {
    const environment = await this.get(id);
    const template = templateOf(environment);
    return this.start(principal, environment, workflowOf(template, template.destroyWorkflow)!, {});
  }

  /** Asks the running workflow to stop; it has when its environment is Broken. A second time changes nothing. */
  async cancel(principal: Principal, id: number): Promise<void> {
    await this.dataSource.transaction(async (tx) => {
      const held = await holdWorkflow(tx, id);
      if (held === null) throw illegalChange((await lockEnvironment(tx, id))!.status, 'Broken');
      const { environment, workflow } = held;
      if (workflow.interruption === 'cancel') return;
      await this.ends.interrupt(tx, held, 'cancel', principal.username);
      await this.record(tx, principal, environment, 'cancel', { workflow: workflow.name, workflowId: workflow.id });
    });
  }

  async reset(principal: Principal, id: number): Promise<void> {
    await this.dataSource.transaction((tx) => this.change(tx, principal, id, ['Broken'], 'Ready', 'reset'));
  }

  /** Runs nothing. Its schedules go with it, and only then. */
  async markDestroyed(principal: Principal, id: number): Promise<void> {
    await this.dataSource.transaction(async (tx) => {
      const sources = environmentSources('Destroyed').filter((status) => status !== 'Busy');
      await this.change(tx, principal, id, [...sources, 'Destroyed'], 'Destroyed', 'markDestroyed');
      await dropSchedules(tx, id);
    });
  }

  private async start(
    principal: Principal,
    environment: Environment,
    workflow: Workflow,
    given: Readonly<Record<string, unknown>>,
  ): Promise<number> {
    const inputs = await this.starts.accept(this.dataSource.manager, environment, workflow, given);
    return this.dataSource.transaction(async (tx) => {
      const startedBy = starterOf(principal);
      const id = await this.starts.start(tx, environment.id, { workflow, inputs, startedBy });
      await this.record(tx, principal, environment, 'workflow_start', { workflow: workflow.name, workflowId: id });
      return id;
    });
  }

  private async change(
    tx: EntityManager,
    principal: Principal,
    id: number,
    from: readonly EnvironmentStatus[],
    to: EnvironmentStatus,
    action: string,
  ): Promise<void> {
    const environment = (await lockEnvironment(tx, id))!;
    if (!from.includes(environment.status)) throw illegalChange(environment.status, to);
    if (environment.status === to) return;
    await tx.query('update environments set status = $2 where id = $1 and status = any($3::text[])', [id, to, from]);
    await this.record(tx, principal, environment, action, { status: to });
  }

  private get(id: number): Promise<Environment> {
    return this.dataSource.manager.findOneByOrFail(Environment, { id });
  }

  private async record(
    tx: EntityManager,
    principal: Principal,
    environment: Environment,
    action: string,
    after: object,
  ): Promise<void> {
    await this.audit.record(tx, principal, {
      action,
      objectType: 'environment',
      objectId: environment.id,
      objectRepr: environment.name,
      before: { status: environment.status },
      after,
    });
  }
}

function illegalChange(from: EnvironmentStatus, to: EnvironmentStatus) {
  const states = `current state is [${from}], requested state is [${to}]`;
  return refused({ compoundServiceErrors: [`Illegal Instance state change is requested: ${states}`] });
}

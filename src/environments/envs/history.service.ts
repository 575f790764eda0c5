import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { In, type DataSource } from 'typeorm';
import { EnvironmentAction } from '../records/environment-action.entity.js';
import { EnvironmentStep } from '../records/environment-step.entity.js';
import { EnvironmentWorkflow } from '../records/environment-workflow.entity.js';
import { missing } from '../wire/genesis-result.js';

export interface WorkflowRun {
  readonly workflow: EnvironmentWorkflow;
  readonly steps: readonly EnvironmentStep[];
}

export interface HistoryPage {
  readonly runs: readonly WorkflowRun[];
  readonly total: number;
}

export interface LogLine {
  readonly at: Date;
  readonly text: string;
}

/** Of one answer: what is older is not shown. */
const MOST_LINES = 20_000;

/** What an environment's workflows did (spec environments section 2.1). */
@Injectable()
export class HistoryService {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** Newest first; `offset` counts workflows. */
  async page(environmentId: number, offset: number, length: number): Promise<HistoryPage> {
    const [workflows, total] = await this.dataSource.manager.findAndCount(EnvironmentWorkflow, {
      where: { environmentId },
      order: { id: 'DESC' },
      skip: offset,
      take: length,
    });
    return { runs: await this.withSteps(workflows), total };
  }

  async get(environmentId: number, workflowId: number): Promise<WorkflowRun> {
    const workflow = await this.dataSource.manager.findOneBy(EnvironmentWorkflow, { id: workflowId, environmentId });
    if (workflow === null) {
      throw missing(`Workflow [id = ${workflowId}] wasn't found in environment [id = ${environmentId}]`);
    }
    return (await this.withSteps([workflow]))[0]!;
  }

  /** Those that run in a project now. */
  async running(projectId: number): Promise<readonly WorkflowRun[]> {
    const workflows = await this.dataSource.manager
      .createQueryBuilder(EnvironmentWorkflow, 'workflow')
      .innerJoin('workflow.environment', 'environment')
      .where(`environment.projectId = :projectId and workflow.status in ('Requested', 'Running')`, { projectId })
      .orderBy('workflow.id', 'DESC')
      .getMany();
    return this.withSteps(workflows);
  }

  async actions(environmentId: number, stepId: number): Promise<EnvironmentAction[]> {
    await this.assertStep(environmentId, stepId);
    return this.dataSource.manager.find(EnvironmentAction, {
      where: { stepId },
      order: { startedAt: 'ASC', uuid: 'ASC' },
    });
  }

  async stepLog(environmentId: number, stepId: number, includeActions: boolean): Promise<LogLine[]> {
    await this.assertStep(environmentId, stepId);
    return this.lines('step_id = $1 and (action_uuid is null or $2)', [stepId, includeActions]);
  }

  async actionLog(environmentId: number, uuid: string): Promise<LogLine[]> {
    const [action] = await this.dataSource.query<unknown[]>(
      `select 1 from environment_actions a
       join environment_steps s on s.id = a.step_id join environment_workflows w on w.id = s.workflow_id
       where a.uuid = $1 and w.environment_id = $2`,
      [uuid, environmentId],
    );
    if (!action) throw missing(`Action [uuid = ${uuid}] wasn't found in environment [id = ${environmentId}]`);
    return this.lines('action_uuid = $1', [uuid]);
  }

  async assertAction(environmentId: number, stepId: number, uuid: string): Promise<void> {
    const actions = await this.actions(environmentId, stepId);
    if (actions.some((action) => action.uuid === uuid)) return;
    throw missing(`Action [uuid = ${uuid}] wasn't found in step [id = ${stepId}]`);
  }

  private lines(condition: string, parameters: readonly unknown[]): Promise<LogLine[]> {
    return this.dataSource.query<LogLine[]>(
      `select at, text from (
         select id, at, text from environment_logs where ${condition} order by id desc limit ${MOST_LINES}) newest
       order by id`,
      [...parameters],
    );
  }

  private async withSteps(workflows: readonly EnvironmentWorkflow[]): Promise<WorkflowRun[]> {
    if (workflows.length === 0) return [];
    const steps = await this.dataSource.manager.find(EnvironmentStep, {
      where: { workflowId: In(workflows.map(({ id }) => id)) },
      order: { id: 'ASC' },
    });
    // Node 20 has no Map.groupBy.
    const byWorkflow = new Map<number, EnvironmentStep[]>(workflows.map(({ id }) => [id, []]));
    for (const step of steps) byWorkflow.get(step.workflowId)?.push(step);
    return workflows.map((workflow) => ({ workflow, steps: byWorkflow.get(workflow.id) ?? [] }));
  }

  private async assertStep(environmentId: number, stepId: number): Promise<void> {
    const [step] = await this.dataSource.query<unknown[]>(
      `select 1 from environment_steps s join environment_workflows w on w.id = s.workflow_id
       where s.id = $1 and w.environment_id = $2`,
      [stepId, environmentId],
    );
    if (!step) throw missing(`Step [id = ${stepId}] wasn't found in environment [id = ${environmentId}]`);
  }
}

import { Injectable } from '@nestjs/common';
import { DataSource, In } from 'typeorm';
import { notFound } from '../drf/refusals.js';
import { Check } from './check.entity.js';
import { WorkflowStep } from './workflow-step.entity.js';
import { Workflow } from './workflow.entity.js';

export interface WorkflowWithSteps {
  readonly workflow: Workflow;
  /** In their order. */
  readonly steps: WorkflowStep[];
}

/** What planning an upgrade asks about workflows and checks. */
@Injectable()
export class WorkflowLookupService {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * The asked workflow (throws `NotFound`); else the default one, else the one with the lowest id, else none
   * (spec upgrade section 1.3).
   */
  async resolve(workflowId: number | null): Promise<WorkflowWithSteps | null> {
    const { manager } = this.dataSource;
    const workflow =
      workflowId === null
        ? await manager.findOne(Workflow, { where: {}, order: { isDefault: 'DESC', id: 'ASC' } })
        : await manager.findOneBy(Workflow, { id: workflowId });
    if (workflow === null && workflowId !== null) throw notFound(`Workflow with ID ${workflowId} does not exist`);
    return workflow && { workflow, steps: await this.stepsOf([workflow.id]) };
  }

  async stepsOf(workflowIds: readonly number[]): Promise<WorkflowStep[]> {
    return this.dataSource.manager.find(WorkflowStep, {
      where: { workflowId: In([...workflowIds]) },
      order: { workflowId: 'ASC', order: 'ASC', id: 'ASC' },
    });
  }

  /** Commands to compare before and after, by check name: the defaults for a platform. */
  async defaultChecks(platform: string): Promise<Check[]> {
    return this.dataSource
      .createQueryBuilder(Check, 'c')
      .where('c.isDefault and (c.platform is null or c.platform = :platform)', { platform })
      .orderBy('c.id')
      .getMany();
  }
}

import { Injectable } from '@nestjs/common';
import { checkInputs, type InputsVerdict, unmetConditions } from './inputs/check-inputs.js';
import { DataSources } from './inputs/data-sources.service.js';
import { describe as describeWorkflow, type Description } from './inputs/describe.js';
import type { WorkflowFacts } from './inputs/workflow-facts.js';
import type { Template, Workflow } from './template.js';

export interface DescribedWorkflow {
  readonly description: Description;
  /** By the name of the variable: what was given and cannot be. */
  readonly variables: Readonly<Record<string, string>>;
  readonly preconditions: readonly string[];
}

/** What a workflow asks for, and whether what was given will do. Changes nothing. */
@Injectable()
export class WorkflowInputs {
  constructor(private readonly dataSources: DataSources) {}

  async check(
    template: Template,
    workflow: Workflow,
    given: Readonly<Record<string, unknown>>,
    facts: WorkflowFacts,
  ): Promise<InputsVerdict> {
    const sources = await this.dataSources.listsFor(template, workflow, facts.envConfig);
    return checkInputs(workflow, given, sources, facts);
  }

  async describe(
    template: Template,
    workflow: Workflow,
    given: Readonly<Record<string, unknown>>,
    facts: WorkflowFacts,
  ): Promise<DescribedWorkflow> {
    const sources = await this.dataSources.listsFor(template, workflow, facts.envConfig);
    const { description, errors } = describeWorkflow(workflow, given, sources);
    return { description, variables: errors, preconditions: unmetConditions(workflow, facts) };
  }
}

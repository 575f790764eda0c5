import type { Check } from '../check.entity.js';
import type { WorkflowStep } from '../workflow-step.entity.js';
import type { Workflow } from '../workflow.entity.js';

export interface StepView {
  readonly id: number;
  readonly name: string;
  readonly step_type: string;
  readonly order: number;
  readonly config: Readonly<Record<string, unknown>>;
  readonly workflow: number;
}

export function toStepView(step: WorkflowStep): StepView {
  return {
    id: step.id,
    name: step.name,
    step_type: step.stepType,
    order: step.order,
    config: step.config,
    workflow: step.workflowId,
  };
}

export interface WorkflowView {
  readonly id: number;
  readonly name: string;
  readonly description: string;
  readonly is_default: boolean;
  readonly created_at: string;
  readonly updated_at: string;
  readonly steps: readonly StepView[];
}

export function toWorkflowView(workflow: Workflow, steps: readonly WorkflowStep[]): WorkflowView {
  return {
    id: workflow.id,
    name: workflow.name,
    description: workflow.description,
    is_default: workflow.isDefault,
    created_at: workflow.createdAt.toISOString(),
    updated_at: workflow.updatedAt.toISOString(),
    steps: steps.filter((step) => step.workflowId === workflow.id).map(toStepView),
  };
}

export interface CheckView {
  readonly id: number;
  readonly name: string;
  readonly description: string;
  readonly check_type: string;
  readonly category: string;
  readonly command: string;
  readonly platform: string | null;
  readonly is_default: boolean;
}

export function toCheckView(check: Check): CheckView {
  return {
    id: check.id,
    name: check.name,
    description: check.description,
    check_type: check.checkType,
    category: check.category,
    command: check.command,
    platform: check.platform,
    is_default: check.isDefault,
  };
}

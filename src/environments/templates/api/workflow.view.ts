import type { DescribedVariable, Description } from '../inputs/describe.js';
import type { Template, VariableValue } from '../template.js';

export interface TemplateView {
  readonly name: string;
  readonly version: string;
  readonly createWorkflow: string;
  readonly destroyWorkflow: string;
  readonly workflows: readonly string[];
}

export interface VariableView {
  readonly name: string;
  readonly type: string;
  readonly description: string;
  readonly optional: boolean;
  readonly defaultValue: VariableValue | null;
  /** Only where there is a list: the web interface draws a drop-down wherever the key is. */
  readonly values?: Readonly<Record<string, string>>;
  readonly dependsOn?: readonly string[];
  readonly group?: string;
  readonly hidden: boolean;
  readonly disabled: boolean;
}

export interface WorkflowView {
  readonly name: string;
  readonly variables: readonly VariableView[];
  readonly varGroups: Readonly<Record<string, { readonly desc: string; readonly required: boolean }>>;
}

/** Spec environments section 2.2. */
export function viewTemplate({ name, version, createWorkflow, destroyWorkflow, workflows }: Template): TemplateView {
  return { name, version, createWorkflow, destroyWorkflow, workflows: workflows.map((workflow) => workflow.name) };
}

export function viewWorkflow({ name, groups, variables }: Description): WorkflowView {
  return {
    name,
    variables: variables.map(viewVariable),
    varGroups: Object.fromEntries(
      groups.map((group) => [group.name, { desc: group.description, required: group.required }]),
    ),
  };
}

export function viewVariable({ definition, choices }: DescribedVariable): VariableView {
  const { name, type, description, optional, group, dependsOn, hidden } = definition;
  return {
    name,
    type,
    description,
    optional,
    defaultValue: definition.default,
    ...(choices === null ? {} : { values: Object.fromEntries(choices) }),
    ...(dependsOn.length === 0 ? {} : { dependsOn }),
    ...(group === null ? {} : { group }),
    hidden,
    disabled: false,
  };
}

/** A template as it is used and kept with an environment: plain JSON (spec environments section 5.3). */

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = Readonly<Record<string, Json>>;

export interface Template {
  readonly name: string;
  readonly version: string;
  readonly createWorkflow: string;
  readonly destroyWorkflow: string;
  readonly dataSources: Readonly<Record<string, DataSource>>;
  /** In the file's order. */
  readonly workflows: readonly Workflow[];
}

export interface Workflow {
  readonly name: string;
  /** Leaves the environment as it was, however it ends. */
  readonly readOnly: boolean;
  readonly require: readonly Condition[];
  readonly groups: readonly VariableGroup[];
  readonly variables: readonly VariableDefinition[];
  readonly steps: readonly StepDefinition[];
  /** What is run after a failure. */
  readonly onError: readonly StepDefinition[];
}

/** An expression that has to be true, and what is said when it is not. */
export interface Condition {
  readonly message: string;
  readonly when: string;
}

export const VARIABLE_TYPES = ['String', 'Integer', 'Long', 'Double', 'Boolean', 'Secret'] as const;
export type VariableType = (typeof VARIABLE_TYPES)[number];
export type VariableValue = string | number | boolean;

/** Value to label, in the order in which they are offered. */
export type Choices = readonly (readonly [value: string, label: string])[];

export interface VariableDefinition {
  readonly name: string;
  readonly type: VariableType;
  readonly description: string;
  readonly optional: boolean;
  readonly default: VariableValue | null;
  readonly group: string | null;
  readonly dependsOn: readonly string[];
  readonly hidden: boolean;
  readonly validate: readonly Condition[];
  readonly choices: VariableChoices | null;
}

/** Where the list of a variable's values comes from. */
export type VariableChoices =
  | { readonly from: 'list'; readonly list: Choices }
  /** By the value of the variable's only parent. */
  | { readonly from: 'parent'; readonly lists: readonly (readonly [parentValue: string, list: Choices])[] }
  | { readonly from: 'source'; readonly source: string };

export type DataSource =
  | { readonly kind: 'static'; readonly list: Choices }
  /** An item of the environment's configuration: its values, separated by commas. */
  | { readonly kind: 'config'; readonly item: string }
  /** The names of the files in a folder below the templates' own. */
  | { readonly kind: 'directory'; readonly path: string; readonly filter: string };

export interface VariableGroup {
  readonly name: string;
  readonly description: string;
  readonly required: boolean;
}

export const STEP_KINDS = ['shell', 'ssh', 'http', 'simulate', 'attributes', 'lease', 'release'] as const;
export type StepKind = (typeof STEP_KINDS)[number];

export interface StepDefinition {
  readonly kind: StepKind;
  readonly title: string | null;
  readonly phase: string;
  /** Phases that have to be done; those of a plain list are worked out when the file is read. */
  readonly after: readonly string[];
  readonly ignoreFail: boolean;
  readonly retryCount: number;
  /** An expression, or the answer itself. */
  readonly skip: boolean | string;
  readonly timeoutSec: number | null;
  /** What the context gets when the step succeeds: name to expression. */
  readonly export: Readonly<Record<string, string>>;
  /** The kind's own keys, as in the file. */
  readonly settings: JsonObject;
}

export function workflowOf(template: Template, name: string): Workflow | null {
  return template.workflows.find((workflow) => workflow.name === name) ?? null;
}

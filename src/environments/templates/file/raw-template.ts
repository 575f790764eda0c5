import type { Condition, Json, StepKind, VariableType } from '../template.js';

/** The file as `template-schema.ts` lets it pass: the keys as they are written, what is null left out. */
export interface RawTemplate {
  readonly name: string;
  readonly version: string;
  readonly createWorkflow: string;
  readonly destroyWorkflow: string;
  readonly dataSources?: Readonly<Record<string, RawDataSource>>;
  readonly workflows: Readonly<Record<string, RawWorkflow>>;
}

/** Value to label, or the values alone. */
export type RawChoices = Readonly<Record<string, string>> | readonly string[];

export interface RawDataSource {
  readonly values?: RawChoices;
  readonly configItem?: string;
  readonly directory?: string;
  readonly filter?: string;
}

export interface RawWorkflow {
  readonly readOnly?: boolean;
  readonly require?: readonly Condition[];
  readonly groups?: Readonly<Record<string, { readonly description?: string; readonly required?: boolean }>>;
  readonly variables?: readonly RawVariable[];
  readonly steps?: readonly RawStep[];
  readonly onError?: readonly RawStep[];
}

export interface RawVariable {
  readonly name: string;
  readonly type?: VariableType;
  readonly description?: string;
  readonly optional?: boolean;
  /** As it stands in the file. */
  readonly default?: string;
  readonly group?: string;
  readonly dependsOn?: readonly string[];
  readonly hidden?: boolean;
  readonly validate?: readonly { readonly message?: string; readonly when: string }[];
  readonly values?: RawChoices;
  readonly valuesBy?: Readonly<Record<string, RawChoices>>;
  readonly source?: string;
}

export interface RawStep {
  readonly kind: StepKind;
  readonly title?: string;
  readonly phase?: string;
  readonly after?: readonly string[];
  readonly ignoreFail?: boolean;
  readonly retryCount?: number;
  readonly skip?: boolean | string;
  readonly timeoutSec?: number;
  readonly export?: Readonly<Record<string, string>>;
  /** The kind's own keys. */
  readonly [key: string]: Json | undefined;
}

/** The keys every kind of step has. */
export const COMMON_STEP_KEYS = [
  'kind',
  'title',
  'phase',
  'after',
  'ignoreFail',
  'retryCount',
  'skip',
  'timeoutSec',
  'export',
] as const;

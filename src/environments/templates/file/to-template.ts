import type { Choices, DataSource, Json, StepDefinition, Template, VariableChoices, Workflow } from '../template.js';
import type { VariableDefinition } from '../template.js';
import { convert } from '../variable-value.js';
import { placed } from './phases.js';
import {
  COMMON_STEP_KEYS,
  type RawChoices,
  type RawDataSource,
  type RawStep,
  type RawTemplate,
  type RawVariable,
  type RawWorkflow,
} from './raw-template.js';

const DEFAULT_MESSAGE = 'Validation failed';

/** The template that a checked file describes. */
export function toTemplate(raw: RawTemplate): Template {
  const { name, version, createWorkflow, destroyWorkflow } = raw;
  const sources = Object.entries(raw.dataSources ?? {}).map(([key, source]) => [key, toDataSource(source)] as const);
  return {
    name,
    version,
    createWorkflow,
    destroyWorkflow,
    dataSources: Object.fromEntries(sources),
    workflows: Object.entries(raw.workflows).map(([key, workflow]) => toWorkflow(key, workflow)),
  };
}

function toDataSource({ values, configItem, directory, filter }: RawDataSource): DataSource {
  if (configItem !== undefined) return { kind: 'config', item: configItem };
  if (directory !== undefined) return { kind: 'directory', path: directory, filter: filter ?? '*' };
  return { kind: 'static', list: toChoices(values ?? []) };
}

function toWorkflow(name: string, raw: RawWorkflow): Workflow {
  return {
    name,
    readOnly: raw.readOnly ?? false,
    require: raw.require ?? [],
    groups: Object.entries(raw.groups ?? {}).map(([key, group]) => ({
      name: key,
      description: group.description ?? key,
      required: group.required ?? false,
    })),
    variables: (raw.variables ?? []).map(toVariable),
    steps: toSteps(raw.steps ?? []),
    onError: toSteps(raw.onError ?? []),
  };
}

function toVariable(raw: RawVariable): VariableDefinition {
  const type = raw.type ?? 'String';
  return {
    name: raw.name,
    type,
    description: raw.description ?? raw.name,
    // At most one of a group may have a value, so none of them can be asked for by itself.
    optional: (raw.optional ?? false) || raw.group !== undefined,
    default: raw.default === undefined || raw.default === '' ? null : convert(raw.default, type),
    group: raw.group ?? null,
    dependsOn: raw.dependsOn ?? [],
    hidden: raw.hidden ?? false,
    validate: (raw.validate ?? []).map(({ message, when }) => ({ message: message ?? DEFAULT_MESSAGE, when })),
    choices: toVariableChoices(raw),
  };
}

function toVariableChoices({ values, valuesBy, source }: RawVariable): VariableChoices | null {
  if (values !== undefined) return { from: 'list', list: toChoices(values) };
  if (source !== undefined) return { from: 'source', source };
  if (valuesBy === undefined) return null;
  return { from: 'parent', lists: Object.entries(valuesBy).map(([key, list]) => [key, toChoices(list)] as const) };
}

export function toChoices(raw: RawChoices): Choices {
  return isList(raw) ? raw.map((value) => [value, value] as const) : Object.entries(raw);
}

function isList(raw: RawChoices): raw is readonly string[] {
  return Array.isArray(raw);
}

function toSteps(raw: readonly RawStep[]): StepDefinition[] {
  const places = placed(raw);
  return raw.map((step, index) => ({
    kind: step.kind,
    title: step.title ?? null,
    phase: places[index]?.phase ?? '',
    after: places[index]?.after ?? [],
    ignoreFail: step.ignoreFail ?? false,
    retryCount: step.retryCount ?? 0,
    skip: step.skip ?? false,
    timeoutSec: step.timeoutSec ?? null,
    export: step.export ?? {},
    settings: settingsOf(step),
  }));
}

/** The keys of the step's kind. */
export function settingsOf(step: RawStep): Readonly<Record<string, Json>> {
  const common: readonly string[] = COMMON_STEP_KEYS;
  return Object.fromEntries(
    Object.entries(step).flatMap(([key, value]) =>
      value === undefined || common.includes(key) ? [] : [[key, value] as const],
    ),
  );
}

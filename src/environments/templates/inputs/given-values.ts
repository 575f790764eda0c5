import type { Choices, VariableDefinition, VariableValue, Workflow } from '../template.js';
import { convert, LONGEST_VALUE } from '../variable-value.js';
import { choicesOf, type SourceLists } from './choices.js';

export interface GivenValues {
  /** Of the variables that have a value which can be used. */
  readonly values: ReadonlyMap<string, VariableValue>;
  /** The list each value was chosen from, where there is one. */
  readonly chosenFrom: ReadonlyMap<string, Choices>;
  /** By the variable's name. */
  readonly errors: ReadonlyMap<string, string>;
}

/**
 * What the variables of a workflow become: what was given, else their defaults, of their types and out of their lists (spec
 * environments section 5.2). Whoever lists the values of another variable comes first, wherever it stands in the file.
 */
export function givenValues(
  workflow: Workflow,
  given: Readonly<Record<string, unknown>>,
  sources: SourceLists,
  areDefaultsTaken: boolean,
): GivenValues {
  const values = new Map<string, VariableValue>();
  const chosenFrom = new Map<string, Choices>();
  const errors = new Map<string, string>();
  const emptyGroups = groupsWithout(workflow, given);
  for (const variable of parentsFirst(workflow.variables)) {
    const mayDefault = areDefaultsTaken && (variable.group === null || emptyGroups.has(variable.group));
    const value = valueOf(variable, givenText(given, variable.name), mayDefault);
    if (value === undefined) continue;
    if (typeof value === 'object') {
      errors.set(variable.name, value.error);
      continue;
    }
    const choices = choicesOf(variable, values, sources);
    if (choices) chosenFrom.set(variable.name, choices);
    if (variable.choices !== null && !isAmong(choices, value, variable)) errors.set(variable.name, 'Invalid value');
    else values.set(variable.name, value);
  }
  return { values, chosenFrom, errors };
}

/** Undefined: nothing was given; an empty text is nothing. A list or a map is a text of no type. */
export function givenText(given: Readonly<Record<string, unknown>>, name: string): string | null | undefined {
  const value: unknown = Object.hasOwn(given, name) ? given[name] : undefined;
  if (value === undefined || value === null || value === '') return undefined;
  return typeof value === 'object' ? null : String(value as string | number | boolean);
}

function valueOf(
  { type, default: fallback }: VariableDefinition,
  text: string | null | undefined,
  mayDefault: boolean,
): VariableValue | { readonly error: string } | undefined {
  if (text === undefined) return mayDefault && fallback !== null ? fallback : undefined;
  if (text !== null && text.length > LONGEST_VALUE)
    return { error: `Value is longer than ${LONGEST_VALUE} characters` };
  const value = text === null ? null : convert(text, type);
  return value ?? { error: `Conversion failed. Expected type is ${type}` };
}

function isAmong(choices: Choices | null, value: VariableValue, { type }: VariableDefinition): boolean {
  return choices?.some(([each]) => convert(each, type) === value) ?? false;
}

function groupsWithout({ groups, variables }: Workflow, given: Readonly<Record<string, unknown>>): Set<string> {
  const isEmpty = (name: string) =>
    !variables.some((variable) => variable.group === name && givenText(given, variable.name) !== undefined);
  return new Set(groups.map(({ name }) => name).filter(isEmpty));
}

/** The template was checked: there is no circle. */
function parentsFirst(variables: readonly VariableDefinition[]): VariableDefinition[] {
  const sorted = new Set<VariableDefinition>();
  const add = (variable: VariableDefinition): void => {
    for (const parent of variables) {
      if (variable.dependsOn.includes(parent.name) && !sorted.has(parent)) add(parent);
    }
    sorted.add(variable);
  };
  for (const variable of variables) if (!sorted.has(variable)) add(variable);
  return [...sorted];
}

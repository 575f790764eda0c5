import type { VariableDefinition, VariableValue, Workflow } from '../template.js';
import { holds } from '../expressions/evaluate.js';
import { ExpressionError } from '../expressions/expression-error.js';
import type { SourceLists } from './choices.js';
import { displayOf } from './display.js';
import { givenText, type GivenValues, givenValues } from './given-values.js';
import { scopeOf, type WorkflowFacts } from './workflow-facts.js';

export interface AcceptedInputs {
  readonly ok: true;
  readonly values: Readonly<Record<string, VariableValue>>;
  /** For people: label to label, secrets masked. */
  readonly display: Readonly<Record<string, string>>;
  readonly secretNames: readonly string[];
  /** What must not be seen anywhere. */
  readonly secrets: readonly string[];
}

export interface RefusedInputs {
  readonly ok: false;
  /** By the name of the variable. */
  readonly variables: Readonly<Record<string, string>>;
  /** What the workflow requires and is not so. */
  readonly preconditions: readonly string[];
}

export type InputsVerdict = AcceptedInputs | RefusedInputs;

/** May the workflow run with what was given? (Spec environments section 5.2.) Pure. */
export function checkInputs(
  workflow: Workflow,
  given: Readonly<Record<string, unknown>>,
  sources: SourceLists,
  facts: WorkflowFacts,
): InputsVerdict {
  const found = givenValues(workflow, given, sources, true);
  const errors = new Map(found.errors);
  for (const variable of workflow.variables) {
    const problem = errors.has(variable.name) ? null : problemOf(variable, found, facts);
    if (problem !== null) errors.set(variable.name, problem);
  }
  for (const [name, problem] of groupProblems(workflow, given, found)) errors.set(name, problem);
  const preconditions = unmetConditions(workflow, facts);
  if (errors.size > 0 || preconditions.length > 0) {
    return { ok: false, variables: Object.fromEntries(errors), preconditions };
  }
  return accepted(workflow, given, found);
}

/** The messages of what the workflow requires and is not so. A condition that cannot be evaluated is not met. */
export function unmetConditions(workflow: Workflow, facts: WorkflowFacts): string[] {
  const scope = scopeOf(facts, {});
  return workflow.require.filter(({ when }) => !isTrue(() => holds(when, scope))).map(({ message }) => message);
}

/** The first thing that is wrong with a variable that was of its type and out of its list, or was not given at all. */
function problemOf(variable: VariableDefinition, { values }: GivenValues, facts: WorkflowFacts): string | null {
  const value = values.get(variable.name);
  if (value === undefined) return variable.optional ? null : `Variable '${variable.name}' is not set`;
  const scope = { ...scopeOf(facts, Object.fromEntries(values)), value };
  return variable.validate.find(({ when }) => !isTrue(() => holds(when, scope)))?.message ?? null;
}

function isTrue(question: () => boolean): boolean {
  try {
    return question();
  } catch (error) {
    if (error instanceof ExpressionError) return false;
    throw error;
  }
}

function groupProblems(
  { groups, variables }: Workflow,
  given: Readonly<Record<string, unknown>>,
  { values }: GivenValues,
): [string, string][] {
  return groups.flatMap(({ name, description, required }): [string, string][] => {
    const members = variables.filter(({ group }) => group === name).map((member) => member.name);
    const filled = members.filter((member) => givenText(given, member) !== undefined);
    if (filled.length > 1) {
      return filled.map((member) => [member, `No more than one variable in group '${name}' could have value`]);
    }
    const [first] = members;
    const isMissing = required && filled.length === 0 && !members.some((member) => values.has(member));
    return isMissing && first !== undefined
      ? [[first, `${description} is required: please select non-empty value`]]
      : [];
  });
}

function accepted(workflow: Workflow, given: Readonly<Record<string, unknown>>, found: GivenValues): AcceptedInputs {
  const secretNames = workflow.variables.filter(({ type }) => type === 'Secret').map(({ name }) => name);
  return {
    ok: true,
    values: Object.fromEntries(found.values),
    display: displayOf(workflow, given, found),
    secretNames: secretNames.filter((name) => found.values.has(name)),
    secrets: secretNames.flatMap((name) => (found.values.has(name) ? [String(found.values.get(name))] : [])),
  };
}

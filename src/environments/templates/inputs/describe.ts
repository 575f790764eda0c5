import type { Choices, VariableDefinition, VariableGroup, Workflow } from '../template.js';
import { choicesOf, type SourceLists } from './choices.js';
import { givenValues } from './given-values.js';

export interface DescribedVariable {
  readonly definition: VariableDefinition;
  /** Null: no list, or none before its parents have values. */
  readonly choices: Choices | null;
}

/** A workflow as a form shows it. */
export interface Description {
  readonly name: string;
  readonly groups: readonly VariableGroup[];
  readonly variables: readonly DescribedVariable[];
}

/** `given`: what the form holds so far, which decides about the lists of dependent variables (spec environments section 5.2). */
export function describe(
  workflow: Workflow,
  given: Readonly<Record<string, unknown>>,
  sources: SourceLists,
): { readonly description: Description; readonly errors: Readonly<Record<string, string>> } {
  const { values, errors } = givenValues(workflow, given, sources, false);
  const variables = workflow.variables.map((definition) => ({
    definition,
    choices: choicesOf(definition, values, sources),
  }));
  return {
    description: { name: workflow.name, groups: workflow.groups, variables },
    errors: Object.fromEntries(errors),
  };
}

import { REDACTED } from '../../../drivers/ssh/redact.js';
import type { VariableDefinition, VariableValue, Workflow } from '../template.js';
import type { GivenValues } from './given-values.js';

const LONGEST_SHOWN = 1_000;
const MOST_UNKNOWN = 100;

/**
 * The variables as a history shows them (spec environments section 5.2): their descriptions, and the labels of what was chosen.
 * What was given and is no variable is shown too, as it came.
 */
export function displayOf(
  workflow: Workflow,
  given: Readonly<Record<string, unknown>>,
  { values, chosenFrom }: GivenValues,
): Record<string, string> {
  const shown = new Map<string, string>();
  for (const variable of workflow.variables) {
    const value = values.get(variable.name);
    if (value === undefined) continue;
    const label = labelOf(workflow, variable);
    const chosen = chosenFrom.get(variable.name)?.find(([each]) => each === String(value))?.[1];
    shown.set(shown.has(label) ? `${label} (${variable.name})` : label, shownValue(variable, value, chosen));
  }
  const known = new Set(workflow.variables.map(({ name }) => name));
  const others = Object.entries(given).filter(([name, value]) => !known.has(name) && value !== null && value !== '');
  for (const [name, value] of others.slice(0, MOST_UNKNOWN)) {
    if (!shown.has(name)) shown.set(name.slice(0, LONGEST_SHOWN), written(value).slice(0, LONGEST_SHOWN));
  }
  return Object.fromEntries(shown);
}

function labelOf({ groups }: Workflow, { name, description, group }: VariableDefinition): string {
  const of = groups.find((each) => each.name === group);
  const label = description === '' ? name : description;
  return of === undefined ? label : `${of.description}: ${label}`;
}

function shownValue({ type }: VariableDefinition, value: VariableValue, chosen: string | undefined): string {
  return type === 'Secret' ? REDACTED : (chosen ?? String(value)).slice(0, LONGEST_SHOWN);
}

function written(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

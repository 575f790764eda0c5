import type { Choices, VariableDefinition, VariableValue } from '../template.js';

/** The list of each data source, as it is now. */
export type SourceLists = ReadonlyMap<string, Choices>;

/** The values a variable is chosen from; null where it has no list, or none yet because its parents have no values. */
export function choicesOf(
  variable: VariableDefinition,
  values: ReadonlyMap<string, VariableValue>,
  sources: SourceLists,
): Choices | null {
  if (variable.choices === null || !variable.dependsOn.every((parent) => values.has(parent))) return null;
  switch (variable.choices.from) {
    case 'list':
      return variable.choices.list;
    case 'source':
      return sources.get(variable.choices.source) ?? [];
    case 'parent': {
      const parent = String(values.get(variable.dependsOn[0] ?? ''));
      return variable.choices.lists.find(([value]) => value === parent)?.[1] ?? [];
    }
  }
}

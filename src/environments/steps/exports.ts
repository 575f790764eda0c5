import { evaluate } from '../templates/expressions/evaluate.js';
import type { StepWork } from './step-work.js';
import { failedTry, masking } from './work-text.js';

/**
 * What the step leaves for those after it, by the expressions of its `export` over what it found. It is stored as it is, so a
 * secret in it is masked: who needs one has its variable.
 */
export function exportsOf(work: StepWork, found: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const mask = masking(work);
  const entries = Object.entries(work.definition.export).map(([name, expression]) => {
    return [name, masked(answerOf(`export ${name}`, expression, work, found), mask)] as const;
  });
  return Object.fromEntries(entries);
}

export function answerOf(
  what: string,
  expression: string,
  work: StepWork,
  found: Readonly<Record<string, unknown>>,
): unknown {
  try {
    return evaluate(expression, { ...work.scope, ...found } as StepWork['scope']);
  } catch (error) {
    throw failedTry(`${what}: ${(error as Error).message}`);
  }
}

function masked(value: unknown, mask: (text: string) => string): unknown {
  if (typeof value === 'string') return mask(value);
  if (Array.isArray(value)) return value.map((item) => masked(item, mask));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [mask(name), masked(item, mask)]));
}

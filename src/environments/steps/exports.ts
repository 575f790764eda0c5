import { evaluate } from '../templates/expressions/evaluate.js';
import type { StepWork } from './step-work.js';
import { failedTry } from './work-text.js';

/** What the step leaves for those after it, by the expressions of its `export` over what it found. */
export function exportsOf(work: StepWork, found: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const entries = Object.entries(work.definition.export).map(([name, expression]) => {
    return [name, answerOf(`export ${name}`, expression, work, found)] as const;
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

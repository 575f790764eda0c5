import type { Json, JsonObject, StepDefinition } from '../template.js';
import { isVerbatim } from '../step-kinds.js';
import { evaluate, holds } from './evaluate.js';
import { ExpressionError } from './expression-error.js';
import { partsOf } from './placeholders.js';
import type { Scope } from './scope.js';

/**
 * A step with its `${…}` filled in (spec environments section 5.3): its title and all of its kind's own keys, except commands
 * (variables reach them as environment variables, so no value is ever read as shell text) and expressions.
 */
export function interpolate(step: StepDefinition, scope: Scope): StepDefinition {
  const entries = Object.entries(step.settings).map(([key, value]): [string, Json] =>
    isVerbatim(step.kind, key) ? [key, value] : [key, filled(value, scope)],
  );
  const settings: JsonObject = Object.fromEntries(entries);
  return { ...step, title: step.title === null ? null : filledText(step.title, scope), settings };
}

export function isSkipped({ skip }: StepDefinition, scope: Scope): boolean {
  return typeof skip === 'boolean' ? skip : holds(skip, scope);
}

/** A text that is one `${…}` and nothing else becomes the value itself, of its own type. */
function filled(value: Json, scope: Scope): Json {
  if (typeof value === 'string') {
    const parts = partsOf(value);
    const [only] = parts ?? [];
    return parts?.length === 1 && only && 'expression' in only
      ? evaluate(only.expression, scope)
      : filledText(value, scope);
  }
  if (isList(value)) return value.map((item) => filled(item, scope));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, filled(item, scope)]));
}

function filledText(text: string, scope: Scope): string {
  const parts = partsOf(text);
  if (parts === null) throw new ExpressionError('a text has a "${" that is not closed');
  return parts.map((part) => ('text' in part ? part.text : written(evaluate(part.expression, scope)))).join('');
}

function written(value: Json): string {
  if (value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

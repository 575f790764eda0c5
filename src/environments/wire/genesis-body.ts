import { Body, type PipeTransform } from '@nestjs/common';
import { unstorable } from '../../common/fields/unstorable.js';
import { inputError } from './genesis-result.js';

export type JsonObject = Readonly<Record<string, unknown>>;

/** A JSON object that can be stored; everything else is `Invalid input` (spec environments section 1.1). */
class GenesisObjectPipe implements PipeTransform<unknown, JsonObject> {
  constructor(private readonly mayBeEmpty: boolean) {}

  transform(value: unknown): JsonObject {
    if (this.mayBeEmpty && (value === undefined || value === null)) return {};
    if (!isObject(value) || unstorable(value)) throw inputError('Invalid input');
    return value;
  }
}

/** `@GenesisObject() body: JsonObject`. */
export function GenesisObject({ optional = false } = {}): ParameterDecorator {
  return Body(new GenesisObjectPipe(optional));
}

/** `@GenesisList() body: readonly unknown[]`: a JSON list. */
export function GenesisList(): ParameterDecorator {
  return Body({
    transform(value: unknown): readonly unknown[] {
      if (!Array.isArray(value) || unstorable(value)) throw inputError('Invalid input');
      return value as unknown[];
    },
  });
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What a body holds under a name; null counts as absent, and so does what every object inherits. */
export function given(body: JsonObject, name: string): unknown {
  return Object.hasOwn(body, name) ? (body[name] ?? undefined) : undefined;
}

/** As `given`, and refused where it is absent. `path` is how the refusal calls it: `environment.name`. */
export function required(body: JsonObject, name: string, path = name): unknown {
  const value = given(body, name);
  if (value === undefined) throw inputError(`Missing parameter: ${path}`);
  return value;
}

/** A field as text: numbers and truth values as they are written, anything else is `Invalid input`. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw inputError('Invalid input');
}

export function optionalTextOf(value: unknown): string | undefined {
  return value === undefined ? undefined : textOf(value);
}

/** A whole number, also one written as text: the web interface sends `"240"`. Undefined where it is none. */
export function wholeNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : undefined;
  if (typeof value !== 'string' || !/^\s*[+-]?\d{1,15}\s*$/.test(value)) return undefined;
  return Number(value);
}

/** Names in a list, each once; `undefined` is none. */
export function namesOf(value: unknown): string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw inputError('Invalid input');
  return [...new Set((value as unknown[]).map((item) => textOf(item).trim()))].filter((name) => name !== '');
}

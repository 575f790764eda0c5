import { Unprocessable } from '../../common/errors.js';

/** Something that may be said when a plan is started. */
export interface PlanParameter {
  readonly name: string;
  /** Where in the plan's request it goes: a JSON Pointer (RFC 6901). */
  readonly pointer: string;
  readonly required: boolean;
}

export type ParameterValues = Readonly<Record<string, unknown>>;

/** Fields of a batch request that a plan cannot leave open: a plan's times are relative. */
const FIXED = new Set(['scheduled_for', 'deadline']);
/** Names that mean something else than a field to JavaScript. */
const NO_FIELDS = new Set(['__proto__', 'constructor', 'prototype']);

/** The parts of a pointer that can be set in a request; null: it is no such pointer. */
export function pointerParts(pointer: string): string[] | null {
  if (!/^(\/([^~/]|~[01])+)+$/u.test(pointer)) return null;
  const parts = pointer
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  return parts.some((part) => NO_FIELDS.has(part)) || FIXED.has(parts[0]!) ? null : parts;
}

/** Can a run say what is at one of these places? */
export function isLeftOpen(parameters: readonly PlanParameter[], ...pointers: string[]): boolean {
  return parameters.some(({ pointer }) => pointers.includes(pointer));
}

/**
 * The plan's request with what was said put in its places. Whatever is said must be one of the plan's parameters, so that a
 * token for one plan is a token for that plan only.
 */
export function filledRequest(
  request: Readonly<Record<string, unknown>>,
  declared: readonly PlanParameter[],
  given: ParameterValues,
): Record<string, unknown> {
  const unknown = Object.keys(given).filter((name) => !declared.some((parameter) => parameter.name === name));
  if (unknown.length > 0) {
    throw new Unprocessable(`The plan has no parameter ${JSON.stringify(unknown[0]?.slice(0, 60))}.`, {
      code: 'unknown_parameter',
      parameters: declared.map(({ name }) => name),
    });
  }
  const isGiven = ({ name }: PlanParameter) => Object.hasOwn(given, name);
  const missing = declared.filter((parameter) => parameter.required && !isGiven(parameter));
  if (missing.length > 0) {
    throw new Unprocessable(`The plan needs the parameter ${missing[0]!.name}.`, {
      code: 'missing_parameter',
      missing: missing.map(({ name }) => name),
    });
  }
  const filled = structuredClone(request) as Record<string, unknown>;
  for (const parameter of declared.filter(isGiven)) put(filled, parameter, given[parameter.name]);
  return filled;
}

function put(request: Record<string, unknown>, { name, pointer }: PlanParameter, value: unknown): void {
  const parts = pointerParts(pointer) ?? [];
  let at: unknown = request;
  for (const [index, part] of parts.entries()) {
    if (typeof at !== 'object' || at === null) throw noPlace(name, pointer);
    const fields = at as Record<string, unknown>;
    if (Array.isArray(at) && !(/^\d{1,6}$/.test(part) && Number(part) < at.length)) throw noPlace(name, pointer);
    if (index === parts.length - 1) fields[part] = structuredClone(value);
    else at = Object.hasOwn(fields, part) ? fields[part] : (fields[part] = {});
  }
}

function noPlace(name: string, pointer: string): Unprocessable {
  return new Unprocessable(`The parameter ${name} has no place in the plan's request: ${pointer}.`, {
    code: 'no_place',
  });
}

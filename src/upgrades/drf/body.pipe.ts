import { validateSync } from 'class-validator';
import type { PipeTransform } from '@nestjs/common';
import { kindOf } from './field-rules.js';
import { coerced, declaredFields, problemOf } from './fields.js';
import { invalidFields, type FieldErrors } from './refusals.js';

export type BodyClass<T extends object> = new () => T;

/**
 * Reads a body into an instance of its class: declared fields are coerced and validated, all others ignored
 * (spec upgrade section 1.1). `partial` (PATCH): a missing field stays undefined and means "leave it".
 * Used as `@Body(new BodyPipe(DeviceBody)) body: DeviceBody`.
 */
export class BodyPipe<T extends object> implements PipeTransform<unknown, T> {
  constructor(
    private readonly bodyClass: BodyClass<T>,
    private readonly options: { partial?: boolean } = {},
  ) {}

  transform(value: unknown): T {
    return parseBody(this.bodyClass, value, this.options);
  }
}

/** Throws `Invalid` with every field error at once. */
export function parseBody<T extends object>(
  bodyClass: BodyClass<T>,
  value: unknown,
  options: { partial?: boolean } = {},
): T {
  const body = readBody(bodyClass, value);
  const errors = validateSync(body, { skipUndefinedProperties: options.partial ?? false, forbidUnknownValues: false });
  if (errors.length > 0) {
    throw invalidFields(
      Object.fromEntries(errors.map((error) => [error.property, Object.values(error.constraints ?? {})])),
    );
  }
  return body;
}

/** The same rules for one of very many rows: class-validator's bookkeeping per object would cost seconds for 100,000. */
export function parseRow<T extends object>(
  bodyClass: BodyClass<T>,
  value: unknown,
): { row: T } | { errors: FieldErrors } {
  if (!isObject(value)) return { errors: notADictionary(value) };
  const row = readBody(bodyClass, value);
  const problems = declaredFields(bodyClass.prototype as object).flatMap((field) => {
    const problem = problemOf((row as Record<string, unknown>)[field.name], field.rule, field);
    return problem === undefined ? [] : [[field.name, [problem]] as const];
  });
  return problems.length > 0 ? { errors: Object.fromEntries(problems) } : { row };
}

function readBody<T extends object>(bodyClass: BodyClass<T>, value: unknown): T {
  const given = value ?? {};
  if (!isObject(given)) throw invalidFields(notADictionary(given));
  const body = new bodyClass() as Record<string, unknown>;
  for (const field of declaredFields(bodyClass.prototype as object)) {
    if (Object.hasOwn(given, field.name)) body[field.name] = coerced(field, given[field.name]);
  }
  return body as T;
}

function notADictionary(value: unknown): FieldErrors {
  return { non_field_errors: [`Invalid data. Expected a dictionary, but got ${kindOf(value)}.`] };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

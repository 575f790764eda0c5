import { Body, type PipeTransform } from '@nestjs/common';
import { getMetadataStorage, validateSync } from 'class-validator';
import { Invalid } from '../common/errors.js';
import { unstorableWords } from '../common/fields/unstorable.js';

export type JsonObject = Readonly<Record<string, unknown>>;
export type BodyClass<T extends object> = new () => T;

/**
 * A body as it came: spec fuel section 1 tells an empty body from `{}`. What the database cannot store (NUL, half a character) is
 * refused here for all of Fuel, and so is what is nested without end.
 */
class FuelBodyPipe implements PipeTransform<unknown, unknown> {
  constructor(private readonly check: (value: unknown) => unknown) {}

  transform(value: unknown): unknown {
    if (value === undefined) throw new Invalid('Empty request received');
    const problem = unstorableWords(value);
    if (problem) throw new Invalid(`Invalid data: ${problem}`);
    return this.check(value);
  }
}

/** `@FuelObject() body: JsonObject`: a JSON object; read it with `readFields`. */
export function FuelObject(): ParameterDecorator {
  return Body(new FuelBodyPipe(objectOf));
}

/** `@FuelList() body: readonly unknown[]`: a JSON list. */
export function FuelList(message = 'Invalid json list'): ParameterDecorator {
  return Body(
    new FuelBodyPipe((value) => {
      if (!Array.isArray(value)) throw new Invalid(message);
      return value;
    }),
  );
}

/** `@FuelFields(ClusterBody) body: ClusterBody`: a JSON object read into its class. */
export function FuelFields<T extends object>(bodyClass: BodyClass<T>): ParameterDecorator {
  return Body(new FuelBodyPipe((value) => readFields(bodyClass, objectOf(value))));
}

export function objectOf(value: unknown): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Invalid('Invalid data: a JSON object is expected');
  }
  return value as JsonObject;
}

/** Declared properties are validated, all others ignored; what was left out stays undefined. Refuses with the first fault. */
export function readFields<T extends object>(bodyClass: BodyClass<T>, given: JsonObject): T {
  const fields = new bodyClass() as Record<string, unknown>;
  for (const name of declaredNames(bodyClass)) {
    if (Object.hasOwn(given, name)) fields[name] = given[name];
  }
  const [fault] = validateSync(fields, { skipUndefinedProperties: true, forbidUnknownValues: false });
  if (fault) throw new Invalid(Object.values(fault.constraints ?? {})[0] ?? `${fault.property} is not valid`);
  return fields as T;
}

function declaredNames(bodyClass: BodyClass<object>): Set<string> {
  const declared = getMetadataStorage().getTargetValidationMetadatas(bodyClass, '', false, false);
  return new Set(declared.map(({ propertyName }) => propertyName));
}

import 'reflect-metadata';
import { ValidateBy, type ValidationArguments } from 'class-validator';

/** Accepts a value from JSON or a form and says what it means here, or what is wrong with it in Django's words. */
export type FieldRule<T> = (value: unknown) => { readonly value: T } | { readonly error: string };

export interface FieldOptions {
  /** May be left out also when the object is created. */
  readonly optional?: boolean;
  readonly nullable?: boolean;
}

interface FieldDeclaration extends FieldOptions {
  readonly name: string;
  readonly rule: FieldRule<unknown>;
}

const FIELDS = Symbol('slipway:fields');
const REQUIRED = 'This field is required.';
const NOT_NULL = 'This field may not be null.';

/** Declares a property of a request body; `parseBody` reads only declared properties and ignores all others. */
export function Field(rule: FieldRule<unknown>, options: FieldOptions = {}): PropertyDecorator {
  return (target, key) => {
    const name = String(key);
    const declared = declaredFields(target);
    Reflect.defineMetadata(FIELDS, [...declared, { ...options, name, rule }], target);
    ValidateBy({
      name: 'field',
      validator: {
        validate: (value: unknown) => problemOf(value, rule, options) === undefined,
        defaultMessage: (args?: ValidationArguments) => problemOf(args?.value, rule, options) ?? '',
      },
    })(target, key);
  };
}

export function declaredFields(prototype: object): readonly FieldDeclaration[] {
  return (Reflect.getMetadata(FIELDS, prototype) as readonly FieldDeclaration[] | undefined) ?? [];
}

/** The value as the rule understands it; left as it is where the rule refuses it, for the validator to say so. */
export function coerced(declaration: FieldDeclaration, value: unknown): unknown {
  if (value === null || value === undefined) return value;
  const result = declaration.rule(value);
  return 'value' in result ? result.value : value;
}

export function problemOf(value: unknown, rule: FieldRule<unknown>, options: FieldOptions): string | undefined {
  if (value === undefined) return options.optional ? undefined : REQUIRED;
  if (value === null) return options.nullable ? undefined : NOT_NULL;
  const result = rule(value);
  return 'error' in result ? result.error : undefined;
}

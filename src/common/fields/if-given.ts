import { ValidateIf } from 'class-validator';

/** A field that may be left out. Unlike class-validator's `IsOptional` it does not take null for that. */
export function IfGiven(): PropertyDecorator {
  return ValidateIf((_fields, value) => value !== undefined);
}

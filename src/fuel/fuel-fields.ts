import ipaddr from 'ipaddr.js';
import { ValidateBy, type ValidationArguments } from 'class-validator';
import { isId } from './fuel-id.pipe.js';

/** What a value is by its own fault; undefined when it is right. */
type Check = (value: unknown) => string | undefined;

interface FieldOptions {
  readonly nullable?: boolean;
  /** The whole message instead of `name: …`, where clients know one. */
  readonly message?: string;
}

/** Declares a property of a body for `readFields`. Faults read as Nailgun 6.1's schemas word them. */
export function Field(check: Check, { nullable = false, message }: FieldOptions = {}): PropertyDecorator {
  const fault: Check = (value) => (value === null && nullable ? undefined : check(value));
  return ValidateBy({
    name: 'field',
    validator: {
      validate: (value: unknown) => fault(value) === undefined,
      defaultMessage: (args?: ValidationArguments) =>
        message ?? `${args?.property}: ${fault(args?.value) ?? 'is not valid'}`,
    },
  });
}

export function text(longest = 255, shortest = 0): Check {
  return (value) => {
    if (typeof value !== 'string') return `${shown(value)} is not of type 'string'`;
    if ([...value].length > longest) return 'the text is too long';
    return [...value].length < shortest ? 'the text is too short' : undefined;
  };
}

export function matching(pattern: RegExp, longest = 1024): Check {
  const isText = text(longest);
  return (value) => isText(value) ?? (pattern.test(value as string) ? undefined : `${shown(value)} is not valid`);
}

/** An IPv4 or IPv6 address. */
export function address(): Check {
  return (value) =>
    typeof value === 'string' && (ipaddr.IPv4.isValidFourPartDecimal(value) || ipaddr.IPv6.isValid(value))
      ? undefined
      : `${shown(value)} is not an IP address`;
}

export function choice(choices: readonly string[]): Check {
  return (value) =>
    typeof value === 'string' && choices.includes(value)
      ? undefined
      : `${shown(value)} is not one of [${choices.map((each) => `'${each}'`).join(', ')}]`;
}

export function flag(): Check {
  return (value) => (typeof value === 'boolean' ? undefined : `${shown(value)} is not of type 'boolean'`);
}

export function integer(min: number, max: number): Check {
  return (value) => {
    if (!Number.isInteger(value)) return `${shown(value)} is not of type 'integer'`;
    const number = value as number;
    if (number < min) return `${number} is less than the minimum of ${min}`;
    return number > max ? `${number} is greater than the maximum of ${max}` : undefined;
  };
}

export function id(): Check {
  return (value) => (isId(value) ? undefined : `${shown(value)} is not an id`);
}

export function object(): Check {
  return (value) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? undefined
      : `${shown(value)} is not of type 'object'`;
}

/** A list whose items are all right. */
export function listOf(check: Check, longest = 1000): Check {
  return (value) => {
    if (!Array.isArray(value)) return `${shown(value)} is not of type 'array'`;
    if (value.length > longest) return 'the list is too long';
    for (const item of value as unknown[]) {
      const fault = check(item);
      if (fault !== undefined) return fault;
    }
    return undefined;
  };
}

export function anything(): Check {
  return () => undefined;
}

/** A scalar as Python shows it, cut short; never the inside of an object. */
export function shown(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string') return `'${value.length > 50 ? `${value.slice(0, 50)}...` : value}'`;
  if (typeof value === 'object') return Array.isArray(value) ? 'the list' : 'the object';
  return String(value);
}

import { refused } from './genesis-result.js';

/** What is wrong with a field, or undefined. */
export type FieldRule = (value: string) => string | undefined;

const NAME_FORMAT = 'Invalid format. Use a combination of letters, numbers, spaces, dots, hyphens and underscores.';

export function sized(min: number, max: number): FieldRule {
  return (value) => {
    const { length } = [...value];
    return length < min || length > max ? `size must be between ${min} and ${max}` : undefined;
  };
}

export function filled(value: string): string | undefined {
  return value === '' ? 'may not be empty' : undefined;
}

export function formed(pattern: RegExp, message: string): FieldRule {
  return (value) => (pattern.test(value) ? undefined : message);
}

/** Rules for one field; the first that is broken is told. */
export function allOf(...rules: readonly FieldRule[]): FieldRule {
  return (value) => {
    for (const rule of rules) {
      const fault = rule(value);
      if (fault !== undefined) return fault;
    }
    return undefined;
  };
}

/** A name of a project, a configuration or an environment: letters of any script (spec environments section 2.2). */
export function nameRule(longest: number): FieldRule {
  return allOf(filled, sized(1, longest), formed(/^[\p{L}0-9.\-_ ]*$/u, NAME_FORMAT));
}

/** An address people can be written to. */
export const emailRule: FieldRule = allOf(
  formed(/^[a-z0-9_+-]+(\.[a-z0-9_+-]+)*@([a-z0-9-]+\.)+[a-z0-9-]{2,}$/i, 'not a well-formed email address'),
  sized(3, 254),
);

/** Refuses with every field that is wrong; undefined fields are not looked at. */
export function assertFields(
  fields: Readonly<Record<string, string | undefined>>,
  rules: Readonly<Record<string, FieldRule>>,
): void {
  const variablesErrors: Record<string, string> = {};
  for (const [name, rule] of Object.entries(rules)) {
    const value = fields[name];
    const fault = value === undefined ? undefined : rule(value);
    if (fault !== undefined) variablesErrors[name] = fault;
  }
  if (Object.keys(variablesErrors).length > 0) throw refused({ variablesErrors });
}

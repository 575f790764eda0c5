import { Ajv, type ErrorObject, type SchemaObject, type ValidateFunction } from 'ajv';
import { type KeyPath } from './file-issue.js';

export interface SchemaIssue {
  readonly path: KeyPath;
  readonly message: string;
}

export const MOST_ISSUES = 100;
const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'a text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
};

/**
 * Says everything that has another shape than the schema asks for, all at once. A schema is compiled when it is first
 * needed: a dozen of them would be a tenth of what a start costs, and most processes never meet their documents.
 */
export function schemaChecker(schema: SchemaObject): (data: unknown) => SchemaIssue[] {
  let compiled: ValidateFunction | undefined;
  return (data) => {
    const validate = (compiled ??= compile(schema));
    if (validate(data)) return [];
    const errors = (validate.errors ?? []).filter((error) => !isSaidElsewhere(error));
    return errors.slice(0, MOST_ISSUES).map((error) => ({ path: pathOf(error, data), message: messageOf(error) }));
  };
}

function compile(schema: SchemaObject): ValidateFunction {
  return new Ajv({ allErrors: true, allowUnionTypes: true, strictTypes: false, discriminator: true }).compile(schema);
}

/** The parts of an alternative; and a bad discriminator, since the `required` and `enum` of its key say it better. */
function isSaidElsewhere({ keyword, schemaPath }: ErrorObject): boolean {
  return keyword === 'discriminator' || /\/(anyOf|propertyNames)\/./.test(schemaPath);
}

function messageOf({ keyword, params }: ErrorObject): string {
  const limit = String(params['limit']);
  switch (keyword) {
    case 'required':
      return `needs "${String(params['missingProperty'])}"`;
    case 'type':
      return `must be ${[params['type']]
        .flat()
        .map((type) => TYPE_WORDS[String(type)] ?? String(type))
        .join(' or ')}`;
    case 'minimum':
      return `must be at least ${limit}`;
    case 'exclusiveMinimum':
      return `must be more than ${limit}`;
    case 'maximum':
      return `must be at most ${limit}`;
    case 'minLength':
    case 'minItems':
      return 'must not be empty';
    case 'maxLength':
      return `is longer than ${limit} characters`;
    case 'maxItems':
      return `has more than ${limit} entries`;
    case 'enum':
      return `must be one of ${(params['allowedValues'] as string[]).join(', ')}`;
    case 'additionalProperties':
      return 'is not known here';
    case 'propertyNames':
      return 'has a key that is not the name of an environment variable';
    default:
      return 'has a form that is not allowed here';
  }
}

/** Ajv writes a path as a JSON pointer; where the data has a list, the step is a number. */
function pathOf({ instancePath, keyword, params }: ErrorObject, data: unknown): KeyPath {
  const path: (string | number)[] = [];
  let value: unknown = data;
  for (const step of instancePath.split('/').slice(1)) {
    const key = Array.isArray(value) ? Number(step) : step.replaceAll('~1', '/').replaceAll('~0', '~');
    path.push(key);
    value = (value as Record<string | number, unknown>)[key];
  }
  return keyword === 'additionalProperties' ? [...path, String(params['additionalProperty'])] : path;
}

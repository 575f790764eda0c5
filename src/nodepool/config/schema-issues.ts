import { Ajv, type ErrorObject, type SchemaObject } from 'ajv';
import { type KeyPath } from './config-issue.js';
import { CONFIG_SCHEMA, UNUSED_KEYS } from './config-schema.js';

export interface SchemaIssue {
  readonly path: KeyPath;
  readonly message: string;
}

const MOST_ISSUES = 100;
const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'a text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
};

const ajv = new Ajv({ allErrors: true, allowUnionTypes: true, strictTypes: false });
const validate = ajv.compile(CONFIG_SCHEMA);

/** Everything that has a wrong shape, all at once. */
export function schemaErrors(data: unknown): SchemaIssue[] {
  if (validate(data)) return [];
  const errors = (validate.errors ?? []).filter(({ schemaPath }) => !/\/(anyOf|propertyNames)\/./.test(schemaPath));
  return errors.slice(0, MOST_ISSUES).map((error) => ({ path: pathOf(error, data), message: messageOf(error) }));
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
    case 'propertyNames':
      return 'has a key that is not the name of an environment variable';
    default:
      return 'has a form that is not allowed here';
  }
}

/** Ajv writes a path as a JSON pointer; where the data has a list, the step is a number. */
function pathOf({ instancePath }: ErrorObject, data: unknown): KeyPath {
  const path: (string | number)[] = [];
  let value: unknown = data;
  for (const step of instancePath.split('/').slice(1)) {
    const key = Array.isArray(value) ? Number(step) : step.replaceAll('~1', '/').replaceAll('~0', '~');
    path.push(key);
    value = (value as Record<string | number, unknown>)[key];
  }
  return path;
}

/** Keys nobody reads: unknown ones, which may be misspelt, and those of parts of the original that are not here. */
export function unreadKeys(data: unknown): SchemaIssue[] {
  const found: SchemaIssue[] = [];
  const walk = (schema: SchemaObject | undefined, value: unknown, path: KeyPath): void => {
    if (found.length >= MOST_ISSUES) return;
    if (Array.isArray(value))
      value.forEach((item, index) => walk(schema?.['items'] as SchemaObject, item, [...path, index]));
    const properties = schema?.['properties'] as Readonly<Record<string, SchemaObject>> | undefined;
    if (!properties || !isRecord(value)) return;
    for (const [key, item] of Object.entries(value).slice(0, MOST_ISSUES)) {
      const message = unreadReason(properties, key, path);
      if (message !== null) found.push({ path: [...path, key], message });
      else walk(properties[key], item, [...path, key]);
    }
  };
  walk(CONFIG_SCHEMA, data, []);
  return found;
}

function unreadReason(properties: Readonly<Record<string, SchemaObject>>, key: string, path: KeyPath): string | null {
  const place = [...path.filter((step) => typeof step === 'string'), key].join('.');
  const unused = UNUSED_KEYS[place];
  if (unused !== undefined) return `is not used: ${unused}`;
  if (Object.hasOwn(properties, key)) return null;
  const likely = Object.keys(properties).find((name) => plain(name) === plain(key));
  return likely === undefined ? 'is unknown and ignored' : `is unknown and ignored; "${likely}" is meant?`;
}

function plain(key: string): string {
  return key.toLowerCase().replace(/[^a-z0-9]/g, '');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

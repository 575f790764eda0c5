import { Invalid } from '../../common/errors.js';

/** Parts of a request's body, each refused in Keystone's own words where it is missing or of another type. */
export type Fields = Readonly<Record<string, unknown>>;

const BLAME =
  'The server could not comply with the request since it is either malformed or otherwise incorrect. ' +
  'The client is assumed to be in error.';

export function expecting(attribute: string, target: string): Invalid {
  return new Invalid(`Expecting to find ${attribute} in ${target}. ${BLAME}`);
}

/** No body at all is an object without anything in it, as Keystone has it. */
export function bodyFields(body: unknown): Fields {
  if (body === undefined || body === null) return {};
  if (!isFields(body)) throw expecting('valid JSON', 'request body');
  return body;
}

export function fieldsAt(from: Fields, name: string, target: string): Fields {
  const value = valueAt(from, name);
  if (!isFields(value)) throw expecting(name, target);
  return value;
}

export function textAt(from: Fields, name: string, target: string): string {
  const value = optionalTextAt(from, name, target);
  if (value === undefined) throw expecting(name, target);
  return value;
}

/** Absent, null and empty are the same: nothing was said. */
export function optionalTextAt(from: Fields, name: string, target: string): string | undefined {
  const value = valueAt(from, name);
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') throw expecting(`${name} as a string`, target);
  return value;
}

/** What is asked for by id or, with its domain, by name. */
export function referenceAt(from: Fields, target: string): { readonly id: string } | { readonly name: string } {
  const id = optionalTextAt(from, 'id', target);
  if (id !== undefined) return { id };
  const name = optionalTextAt(from, 'name', target);
  if (name === undefined) throw expecting('id or name', target);
  return { name };
}

export function valueAt(from: Fields, name: string): unknown {
  return Object.hasOwn(from, name) ? from[name] : undefined;
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

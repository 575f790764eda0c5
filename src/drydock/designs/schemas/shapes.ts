import type { SchemaObject } from 'ajv';

type Properties = Readonly<Record<string, SchemaObject>>;

export const TEXT: SchemaObject = { type: 'string' };
export const NUMBER: SchemaObject = { type: 'number' };
export const texts: SchemaObject = { type: 'array', items: TEXT };
export const textMap: SchemaObject = { type: 'object', additionalProperties: TEXT };

/** An object with these keys and no others. */
export function closed(properties: Properties): SchemaObject {
  return { type: 'object', properties, additionalProperties: false };
}

/** An object with these keys among others. */
export function open(properties: Properties): SchemaObject {
  return { type: 'object', properties };
}

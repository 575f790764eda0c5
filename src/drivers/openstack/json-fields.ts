import { PoolError } from '../pool/pool-provider.js';

/** A decoded answer of which nothing is known yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function objectIn(from: JsonObject, name: string, where: string): JsonObject {
  const value = from[name];
  if (isObject(value)) return value;
  throw unexpected(where, `no object "${name}"`);
}

export function listIn(from: JsonObject, name: string, where: string): JsonObject[] {
  const value = from[name];
  if (Array.isArray(value) && value.every(isObject)) return value;
  throw unexpected(where, `no list "${name}"`);
}

export function textIn(from: JsonObject, name: string, where: string): string {
  const value = from[name];
  if (typeof value === 'string' && value !== '') return value;
  throw unexpected(where, `no text "${name}"`);
}

export function optionalText(from: JsonObject, name: string): string | null {
  const value = from[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

export function optionalNumber(from: JsonObject, name: string): number | null {
  const value = from[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** The answer is not one of the API's: a proxy's page, or a cloud in trouble. Asking again may help. */
export function unexpected(where: string, what: string): PoolError {
  return new PoolError('unavailable', `${where}: the answer is not as expected: ${what}`);
}

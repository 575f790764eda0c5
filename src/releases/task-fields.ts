import { Invalid } from '../common/errors.js';

type Fields = Readonly<Record<string, unknown>>;

/** Readers of one field each. `where` begins the sentence of a refusal. */
export function objectOf(value: unknown, where: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw new Invalid(`${where} must be an object`);
}

export function textOf(
  fields: Fields,
  name: string,
  where: string,
  longest: number,
  options: { mayBeEmpty?: boolean } = {},
): string {
  const value = fields[name];
  if (value === undefined) throw new Invalid(`${where}: ${name} is missing`);
  if (typeof value !== 'string') throw new Invalid(`${where}: ${name} must be a text`);
  if (value.trim() === '' && !options.mayBeEmpty) throw new Invalid(`${where}: ${name} must not be empty`);
  if (value.length > longest)
    throw new Invalid(`${where}: ${name} may have ${longest} characters, not ${value.length}`);
  // PostgreSQL cannot store it, and no shell can be given it.
  if (value.includes('\0')) throw new Invalid(`${where}: ${name} must not hold the character NUL`);
  return value;
}

/** Names, each once. One name may stand without its list, as YAML authors write it. */
export function listOf(fields: Fields, name: string, where: string): string[] {
  const value = fields[name] ?? [];
  const items: unknown[] = Array.isArray(value) ? value : [value];
  for (const item of items) {
    if (typeof item === 'string' && item !== '' && item.length <= 255 && !item.includes('\0')) continue;
    throw new Invalid(`${where}: ${name} must be a list of names`);
  }
  return [...new Set(items as string[])];
}

export function wholeNumberOf(
  fields: Fields,
  name: string,
  where: string,
  [least, most]: readonly [number, number],
  fallback: number,
): number {
  const value = fields[name];
  if (value === undefined) return fallback;
  if (Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most) return Number(value);
  throw new Invalid(`${where}: ${name} must be a whole number from ${least} to ${most}`);
}

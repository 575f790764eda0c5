import ipaddr from 'ipaddr.js';
import type { FieldRule } from './fields.js';

/**
 * What a field accepts, in the words of Django REST framework's own field classes, so that a client that reads error
 * messages finds the ones it knows. Every rule accepts its own result again.
 */
const LARGEST_INTEGER = 2 ** 31 - 1;
const DEEPEST_JSON = 16;
const LARGEST_JSON = 64 * 1024;
/** Half of a character pair: text that has no bytes in UTF-8. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** A string (numbers are taken as their text), trimmed, without NUL, which PostgreSQL cannot store. */
export function text(options: { max?: number; blank?: boolean; trim?: boolean } = {}): FieldRule<string> {
  const max = options.max ?? 255;
  return (value) => {
    if (typeof value !== 'string' && typeof value !== 'number') return { error: 'Not a valid string.' };
    const given = String(value);
    const trimmed = options.trim === false ? given : given.trim();
    if (trimmed.includes('\0')) return { error: 'Null characters are not allowed.' };
    if (LONE_SURROGATE.test(trimmed)) return { error: 'Not a valid string.' };
    if (trimmed === '' && !options.blank) return { error: 'This field may not be blank.' };
    if (trimmed.length > max) return { error: `Ensure this field has no more than ${max} characters.` };
    return { value: trimmed };
  };
}

/** A string that must match; the message says how. */
export function matching(
  pattern: RegExp,
  message: string,
  options: { max?: number; blank?: boolean } = {},
): FieldRule<string> {
  const string = text(options);
  return (value) => {
    const result = string(value);
    if ('error' in result || (result.value === '' && options.blank)) return result;
    return pattern.test(result.value) ? result : { error: message };
  };
}

export function integer(range: { min?: number; max?: number } = {}): FieldRule<number> {
  const min = range.min ?? 0;
  const max = range.max ?? LARGEST_INTEGER;
  return (value) => {
    const number = typeof value === 'string' && /^\s*[+-]?\d{1,20}(\.0+)?\s*$/.test(value) ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isInteger(number)) return { error: 'A valid integer is required.' };
    if (number < min) return { error: `Ensure this value is greater than or equal to ${min}.` };
    if (number > max) return { error: `Ensure this value is less than or equal to ${max}.` };
    return { value: number };
  };
}

/** The id of another row; an id no row can have is refused as one that does not exist. */
export const reference: FieldRule<number> = (value) => {
  const number = typeof value === 'string' && /^\d{1,20}$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isInteger(number)) {
    return { error: `Incorrect type. Expected pk value, received ${kindOf(value)}.` };
  }
  if (number < 1 || number > LARGEST_INTEGER) return { error: doesNotExist(number) };
  return { value: number };
};

export function doesNotExist(id: number): string {
  return `Invalid pk "${id}" - object does not exist.`;
}

const TRUE = new Set<unknown>([
  't',
  'T',
  'y',
  'Y',
  'yes',
  'Yes',
  'YES',
  'true',
  'True',
  'TRUE',
  'on',
  'On',
  'ON',
  '1',
  1,
  true,
]);
const FALSE = new Set<unknown>([
  'f',
  'F',
  'n',
  'N',
  'no',
  'No',
  'NO',
  'false',
  'False',
  'FALSE',
  'off',
  'Off',
  'OFF',
  '0',
  0,
  false,
]);

export const boolean: FieldRule<boolean> = (value) => {
  if (TRUE.has(value)) return { value: true };
  if (FALSE.has(value)) return { value: false };
  return { error: 'Must be a valid boolean.' };
};

export function choice<T extends string>(choices: readonly T[]): FieldRule<T> {
  return (value) => {
    const found = choices.find((item) => item === value);
    return found === undefined ? { error: `"${shown(value)}" is not a valid choice.` } : { value: found };
  };
}

/** Also brings an address to its usual spelling, so that one host is not stored twice. */
export const ipAddress: FieldRule<string> = (value) => {
  const error = { error: 'Enter a valid IPv4 or IPv6 address.' };
  if (typeof value !== 'string') return error;
  const address = value.trim();
  if (ipaddr.IPv4.isValidFourPartDecimal(address)) return { value: address };
  return address.includes(':') && ipaddr.IPv6.isValid(address) && !address.includes('%')
    ? { value: ipaddr.IPv6.parse(address).toString() }
    : error;
};

export function listOf<T>(rule: FieldRule<T>, options: { max?: number } = {}): FieldRule<T[]> {
  const max = options.max ?? 1000;
  return (value) => {
    if (!Array.isArray(value)) return { error: `Expected a list of items but got type "${kindOf(value)}".` };
    if (value.length > max) return { error: `Ensure this field has no more than ${max} elements.` };
    const items: T[] = [];
    for (const [index, item] of value.entries()) {
      const result = rule(item);
      if ('error' in result) return { error: `Item ${index}: ${result.error}` };
      items.push(result.value);
    }
    return { value: items };
  };
}

/** A JSON object of reasonable size and depth: one that PostgreSQL can store and every reader can walk. */
export const jsonObject: FieldRule<Record<string, unknown>> = (value) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { error: `Expected a dictionary of items but got type "${kindOf(value)}".` };
  }
  if (!isStorable(value, DEEPEST_JSON)) return { error: 'Value must be valid JSON.' };
  if (JSON.stringify(value).length > LARGEST_JSON)
    return { error: `Ensure this field has no more than ${LARGEST_JSON} characters.` };
  return { value: value as Record<string, unknown> };
};

function isStorable(value: unknown, depth: number): boolean {
  if (depth < 0) return false;
  if (typeof value === 'string') return !value.includes('\0') && !LONE_SURROGATE.test(value);
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, item]) => isStorable(key, depth) && isStorable(item, depth - 1));
}

/** A JSON type by the name the original's messages use. */
export function kindOf(value: unknown): string {
  if (value === null) return 'NoneType';
  if (Array.isArray(value)) return 'list';
  switch (typeof value) {
    case 'string':
      return 'str';
    case 'boolean':
      return 'bool';
    case 'number':
      return Number.isInteger(value) ? 'int' : 'float';
    default:
      return 'dict';
  }
}

function shown(value: unknown): string {
  const plain = typeof value === 'string' ? value : typeof value === 'object' ? kindOf(value) : String(value);
  return plain.length > 100 ? `${plain.slice(0, 100)}…` : plain;
}

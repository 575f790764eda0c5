import { plainToInstance } from 'class-transformer';
import { type ValidationError, validateSync } from 'class-validator';
import { Invalid } from '../errors.js';
import { unstorable } from './unstorable.js';

export type Fields<T extends object> = new () => T;

/** Where the fields came from: a refusal points into the body, or names the parameter. */
export type FieldPlace = 'body' | 'query';

/** What is wrong with one field: a JSON pointer into the body, or the name of a query parameter. */
export interface FieldProblem {
  readonly pointer?: string;
  readonly parameter?: string;
  readonly detail: string;
}

const MOST_PROBLEMS = 50;
/** What class-validator calls its rules about the type of a value. */
const TYPE_RULES = new Set(['isArray', 'isBoolean', 'isInt', 'isNumber', 'isObject', 'isString']);
const UNKNOWN_FIELD = 'is not a field of this request';

/** An instance of `fields`, with nothing in it that the class does not declare, on any level; throws `Invalid` otherwise. */
export function readFields<T extends object>(fields: Fields<T>, value: unknown, place: FieldPlace = 'body'): T {
  assertObject(value, place);
  const problem = unstorable(value) ?? inherited(value);
  if (problem) throw invalidFields([placed(place, problem.path, problem.detail)]);
  const read = plainToInstance(fields, value);
  const problems = validateSync(read, {
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    validationError: { target: false },
  });
  if (problems.length > 0) throw invalidFields(problems.flatMap((each) => problemsOf(each, place, [])));
  return read;
}

/** For a request that takes no fields: one that is sent would not be understood. */
export function refuseFields(value: unknown, place: FieldPlace): void {
  if (value === undefined || value === null) return;
  assertObject(value, place);
  const names = Object.keys(value);
  if (names.length > 0) throw invalidFields(names.map((name) => placed(place, [name], UNKNOWN_FIELD)));
}

/** For what a class cannot say: rules between fields. Worded as the fields' own rules are. */
export function invalidFields(errors: readonly FieldProblem[]): Invalid {
  const [first] = errors;
  const where = first?.pointer ?? first?.parameter ?? '';
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  return new Invalid(`The request is not valid: ${where === '' ? '' : `${where}: `}${first?.detail ?? ''}${more}`, {
    code: 'invalid_fields',
    errors: errors.slice(0, MOST_PROBLEMS),
  });
}

/**
 * The whitelist asks a plain object whether it knows a name, and that one knows `toString` and `constructor`: whatever every
 * object has is the name of no field of ours. Walks without recursion; it was found to be no deeper than can be stored.
 */
function inherited(value: unknown): { path: string[]; detail: string } | null {
  const open: { value: unknown; path: string[] }[] = [{ value, path: [] }];
  for (let next = open.pop(); next; next = open.pop()) {
    if (typeof next.value !== 'object' || next.value === null) continue;
    for (const [name, part] of Object.entries(next.value)) {
      const path = [...next.path, name];
      if (name in Object.prototype) return { path, detail: UNKNOWN_FIELD };
      if (typeof part === 'object') open.push({ value: part, path });
    }
  }
  return null;
}

function assertObject(value: unknown, place: FieldPlace): asserts value is Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return;
  throw invalidFields([placed(place, [], 'must be a JSON object')]);
}

function problemsOf(error: ValidationError, place: FieldPlace, above: readonly string[]): FieldProblem[] {
  const path = [...above, error.property];
  const detail = detailOf(error);
  const own = detail === null ? [] : [placed(place, path, detail)];
  return [...own, ...(error.children ?? []).flatMap((child) => problemsOf(child, place, path))];
}

/** One sentence: of what is no text nobody wants to hear that it is too long. */
function detailOf({ constraints, value }: ValidationError): string | null {
  const broken = Object.entries(constraints ?? {});
  if (broken.length === 0) return null;
  if (constraints?.['whitelistValidation']) return UNKNOWN_FIELD;
  if (value === undefined) return 'is required';
  const [, text] = broken.find(([rule]) => TYPE_RULES.has(rule)) ?? broken[0]!;
  return text;
}

function placed(place: FieldPlace, path: readonly string[], detail: string): FieldProblem {
  if (place === 'query') return { parameter: path[0] ?? '', detail };
  return { pointer: path.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''), detail };
}

import type { PipeTransform } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { type ValidationError, validateSync } from 'class-validator';
import { Invalid } from '../../common/errors.js';
import type { FieldProblem } from './fleet-errors.js';
import { unstorable } from './unstorable.js';

type Fields<T extends object> = new () => T;

const MOST_PROBLEMS = 50;

/** `@Body(strictBody(CreateBatch)) body: CreateBatch`: nothing that the class does not declare, on any level. */
export function strictBody<T extends object>(fields: Fields<T>): PipeTransform<unknown, T> {
  return { transform: (value) => readFields(fields, value ?? {}, 'body') };
}

/** `@Query(strictQuery(BatchQuery)) query: BatchQuery`. */
export function strictQuery<T extends object>(fields: Fields<T>): PipeTransform<unknown, T> {
  return { transform: (value) => readFields(fields, value, 'query') };
}

/** `@Body(noBody())` and `@Query(noQuery())` of a route that takes none: a field would be one that is not understood. */
export function noBody(): PipeTransform<unknown, void> {
  return { transform: (value) => refuseAll(value, 'body') };
}

export function noQuery(): PipeTransform<unknown, void> {
  return { transform: (value) => refuseAll(value, 'query') };
}

type Place = 'body' | 'query';

function readFields<T extends object>(fields: Fields<T>, value: unknown, place: Place): T {
  assertObject(value, place);
  const problem = unstorable(value);
  if (problem) throw invalidFields([placed(place, problem.path, problem.detail)]);
  const read = plainToInstance(fields, value);
  const problems = validateSync(read, {
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    validationError: { target: false, value: false },
  });
  if (problems.length > 0) throw invalidFields(problems.flatMap((each) => problemsOf(each, place, [])));
  return read;
}

function refuseAll(value: unknown, place: Place): void {
  if (value === undefined || value === null) return;
  assertObject(value, place);
  const names = Object.keys(value);
  if (names.length > 0) throw invalidFields(names.map((name) => placed(place, [name], UNKNOWN_FIELD)));
}

function assertObject(value: unknown, place: Place): asserts value is Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return;
  throw invalidFields([placed(place, [], 'must be a JSON object')]);
}

const UNKNOWN_FIELD = 'is not a field of this request';

function problemsOf(error: ValidationError, place: Place, above: readonly string[]): FieldProblem[] {
  const path = [...above, error.property];
  const own = Object.entries(error.constraints ?? {}).map(([rule, text]) =>
    placed(place, path, rule === 'whitelistValidation' ? UNKNOWN_FIELD : text),
  );
  return [...own, ...(error.children ?? []).flatMap((child) => problemsOf(child, place, path))];
}

function placed(place: Place, path: readonly string[], detail: string): FieldProblem {
  if (place === 'query') return { parameter: path[0] ?? '', detail };
  return { pointer: path.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''), detail };
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

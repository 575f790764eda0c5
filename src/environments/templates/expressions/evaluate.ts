import type { ParseResult } from '@marcbachmann/cel-js';
import type { Json } from '../template.js';
import { ExpressionError } from './expression-error.js';
import { LONGEST_EXPRESSION, newEnvironment, restrain } from './language.js';
import type { Scope } from './scope.js';

const MOST_EXPRESSIONS = 2_000;
const LONGEST_TEXT = 1024 * 1024;
const DEEPEST = 64;

/** Never the library's own sentence: it may hold a key or number that came from outside. */
const REASONS: Readonly<Record<string, string>> = {
  no_such_key: 'a name in it has no value (has(…) tells)',
  unknown_variable: 'a name in it has no value here',
  no_such_overload: 'its parts are of types that do not go together',
  division_by_zero: 'it divides by zero',
  numeric_overflow: 'a number in it is too large',
};

const environment = newEnvironment(true);
const parsed = new Map<string, ParseResult>();

/** The value of an expression, as plain JSON. Throws ExpressionError. */
export function evaluate(expression: string, scope: Scope): Json {
  const run = parse(expression);
  let value: unknown;
  try {
    value = run(namesOf(scope));
  } catch (error) {
    throw new ExpressionError(`"${expression}" cannot be evaluated: ${reasonOf(error)}`);
  }
  return plain(value, expression);
}

/** Is the expression true? Anything but true and false is an error. */
export function holds(expression: string, scope: Scope): boolean {
  const value = evaluate(expression, scope);
  if (typeof value !== 'boolean') throw new ExpressionError(`"${expression}" is neither true nor false`);
  return value;
}

function parse(expression: string): ParseResult {
  const known = parsed.get(expression);
  if (known) return known;
  if (expression.length > LONGEST_EXPRESSION) throw new ExpressionError('an expression is too long');
  try {
    const result = environment.parse(expression);
    restrain(result.ast);
    if (parsed.size >= MOST_EXPRESSIONS) parsed.clear();
    parsed.set(expression, result);
    return result;
  } catch (error) {
    const reason = error instanceof ExpressionError ? error.message : 'is not an expression';
    throw new ExpressionError(`"${expression}" ${reason}`);
  }
}

/** A name without a value is a name that is not there. */
function namesOf(scope: Scope): Record<string, unknown> {
  return Object.fromEntries(Object.entries(scope).filter(([, value]) => value !== undefined));
}

function reasonOf(error: unknown): string {
  if (error instanceof ExpressionError) return `it ${error.message}`;
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return (typeof code === 'string' ? REASONS[code] : undefined) ?? 'its parts do not go together';
}

/** Values come from outside too, such as the body of an answer: they may be nested without end. */
function plain(value: unknown, expression: string, depth = 0): Json {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'string' && value.length <= LONGEST_TEXT) return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value === 'bigint' && Number.isSafeInteger(Number(value))) return Number(value);
  if (depth > DEEPEST) throw new ExpressionError(`"${expression}" has a value that is nested too deeply`);
  if (Array.isArray(value)) return value.map((item) => plain(item, expression, depth + 1));
  if (isPlainMap(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item, expression, depth + 1)]));
  }
  throw new ExpressionError(`"${expression}" has no plain value`);
}

function isPlainMap(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

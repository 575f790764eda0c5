import { isTrue, areEqual, compare, contains } from './operators.js';
import type { Meter } from './meter.js';
import { isIterable } from './sequences.js';
import { TemplateError } from './template-error.js';
import { Callable, isInteger, isNumber, toInteger, Undefined, type Value } from './values.js';

export type ValueTest = (value: Value, args: readonly Value[], meter: Meter) => boolean;

const equal: ValueTest = (value, [other], meter) => areEqual(value, given(other), meter);
const different: ValueTest = (value, [other], meter) => !areEqual(value, given(other), meter);
const greater: ValueTest = (value, [other], meter) => compare(value, given(other), meter) > 0;
const atLeast: ValueTest = (value, [other], meter) => compare(value, given(other), meter) >= 0;
const less: ValueTest = (value, [other], meter) => compare(value, given(other), meter) < 0;
const atMost: ValueTest = (value, [other], meter) => compare(value, given(other), meter) <= 0;

/** What may stand after `is`. */
export const VALUE_TESTS: ReadonlyMap<string, ValueTest> = new Map<string, ValueTest>([
  ['defined', (value) => !(value instanceof Undefined)],
  ['undefined', (value) => value instanceof Undefined],
  ['none', (value) => value === null],
  ['true', (value) => value === true],
  ['false', (value) => value === false],
  ['boolean', (value) => typeof value === 'boolean'],
  ['string', (value) => typeof value === 'string'],
  ['number', isNumber],
  ['integer', (value) => typeof value === 'bigint'],
  ['float', (value) => typeof value === 'number'],
  ['mapping', (value) => value instanceof Map],
  ['iterable', (value) => value instanceof Undefined || isIterable(value)],
  ['sequence', (value) => value instanceof Undefined || isIterable(value)],
  ['callable', (value) => value instanceof Callable],
  ['lower', (value) => typeof value === 'string' && value !== value.toUpperCase() && value === value.toLowerCase()],
  ['upper', (value) => typeof value === 'string' && value !== value.toLowerCase() && value === value.toUpperCase()],
  ['odd', (value) => toInteger(value) % 2n !== 0n],
  ['even', (value) => toInteger(value) % 2n === 0n],
  ['divisibleby', (value, [by]) => isDivisible(value, given(by))],
  ['sameas', (value, [other], meter) => value === other || (isInteger(value) && areEqual(value, given(other), meter))],
  ['in', (value, [container], meter) => contains(value, given(container), meter)],
  ['truthy', isTrue],
  ...names(equal, 'eq', 'equalto', '=='),
  ...names(different, 'ne', '!='),
  ...names(greater, 'gt', 'greaterthan', '>'),
  ...names(atLeast, 'ge', '>='),
  ...names(less, 'lt', 'lessthan', '<'),
  ...names(atMost, 'le', '<='),
]);

export function testNamed(name: string): ValueTest {
  const test = VALUE_TESTS.get(name);
  if (!test) throw new TemplateError(`No test named '${name}'`);
  return test;
}

function names(test: ValueTest, ...all: readonly string[]): [string, ValueTest][] {
  return all.map((name) => [name, test]);
}

function given(value: Value | undefined): Value {
  if (value === undefined) throw new TemplateError('a test lacks its argument');
  return value;
}

function isDivisible(value: Value, by: Value): boolean {
  const divisor = toInteger(by);
  if (divisor === 0n) throw new TemplateError('integer division or modulo by zero');
  return toInteger(value) % divisor === 0n;
}

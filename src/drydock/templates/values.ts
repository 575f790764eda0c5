import { TemplateError } from './template-error.js';

/**
 * Values as Python has them, made of nothing that could lead a template to an object of ours: an int is a `bigint`, a
 * float a `number`, a list an array and a dict a `Map`. All else is one of the classes below.
 */
export type Value =
  string | bigint | number | boolean | null | Value[] | Dict | Undefined | Tuple | View | Range | Callable | Attributes;

export type Dict = Map<Value, Value>;

/** A name nobody gave a value: prints as nothing, is false and empty, and has no attributes. */
export class Undefined {
  constructor(readonly problem: string) {}
}

export class Tuple {
  constructor(readonly items: readonly Value[]) {}
}

/** What `keys`, `values` and `items` of a dict give. */
export class View {
  constructor(
    readonly name: string,
    readonly items: readonly Value[],
  ) {}
}

/** Not yet the numbers themselves: there may be more of them than there is memory. */
export class Range {
  readonly length: number;

  constructor(
    readonly start: bigint,
    readonly stop: bigint,
    readonly step: bigint,
  ) {
    if (step === 0n) throw new TemplateError('range() arg 3 must not be zero');
    const distance = step > 0n ? stop - start : start - stop;
    const stride = step > 0n ? step : -step;
    this.length = distance > 0n ? Number((distance + stride - 1n) / stride) : 0;
  }

  at(index: number): bigint {
    return this.start + BigInt(index) * this.step;
  }
}

export class Callable {
  constructor(
    readonly name: string,
    readonly call: (args: Arguments) => Value,
  ) {}
}

/** Something with attributes only: `loop`, `namespace()`. */
export class Attributes {
  constructor(
    readonly name: string,
    readonly attributes: Map<string, Value>,
    readonly mayChange: boolean,
  ) {}
}

/** What a call was given, by place and by name. */
export class Arguments {
  constructor(
    readonly positional: readonly Value[],
    readonly named: ReadonlyMap<string, Value> = new Map(),
  ) {}

  /** One value for each name, `undefined` where none was given; more or others than these are an error. */
  bind(...names: readonly string[]): (Value | undefined)[] {
    if (this.positional.length > names.length) throw new TemplateError('too many arguments');
    const values: (Value | undefined)[] = names.map((_, index) => this.positional[index]);
    for (const [name, value] of this.named) {
      const index = names.indexOf(name);
      if (index < 0) throw new TemplateError(`unexpected argument '${name}'`);
      if (index < this.positional.length) throw new TemplateError(`argument '${name}' is given twice`);
      values[index] = value;
    }
    return values;
  }

  /** Without the first `count` given by place. */
  after(count: number): Arguments {
    return new Arguments(this.positional.slice(count), this.named);
  }
}

export const NO_ARGUMENTS = new Arguments([]);

export function isInteger(value: Value): value is bigint | boolean {
  return typeof value === 'bigint' || typeof value === 'boolean';
}

export function isNumber(value: Value): value is bigint | boolean | number {
  return isInteger(value) || typeof value === 'number';
}

export function kindOf(value: Value): string {
  if (value === null) return 'None';
  if (Array.isArray(value)) return 'list';
  if (value instanceof Map) return 'dict';
  if (value instanceof Undefined) return 'undefined';
  if (value instanceof Tuple) return 'tuple';
  if (value instanceof Range) return 'range';
  if (value instanceof View || value instanceof Attributes) return value.name;
  if (value instanceof Callable) return 'function';
  return { string: 'str', bigint: 'int', number: 'float', boolean: 'bool' }[typeof value as 'string'];
}

/** The error of using what is not there; for any other value, of using it as what it is not. */
export function misuse(value: Value, use: string): TemplateError {
  return new TemplateError(value instanceof Undefined ? value.problem : `'${kindOf(value)}' ${use}`);
}

export function toInteger(value: Value | undefined, fallback?: number): bigint {
  if (value === undefined && fallback !== undefined) return BigInt(fallback);
  if (value !== undefined && isInteger(value)) return BigInt(value);
  throw misuse(value ?? null, 'object cannot be interpreted as an integer');
}

/** An integer that is used as a length or an index. */
export function toIndex(value: Value | undefined, fallback?: number): number {
  const integer = toInteger(value, fallback);
  return Number(integer > 0xffff_ffffn ? 0xffff_ffffn : integer < -0xffff_ffffn ? -0xffff_ffffn : integer);
}

export function toText(value: Value | undefined, fallback?: string): string {
  if (value === undefined && fallback !== undefined) return fallback;
  if (typeof value === 'string') return value;
  throw misuse(value ?? null, 'object is not a string');
}

/** `??` would take None for nothing. */
export function valueOr(value: Value | undefined, fallback: Value): Value {
  return value === undefined ? fallback : value;
}

import type { Meter } from './meter.js';
import { areEqual } from './operators.js';
import type { Scope } from './scope.js';
import { TemplateError } from './template-error.js';
import { type Arguments, Attributes, Callable, Undefined, type Value, valueOr } from './values.js';

/** The `loop` of a `for`. */
export class Loop {
  private readonly depth: bigint;
  private seen: readonly Value[] | undefined;

  constructor(
    private readonly items: readonly Value[],
    around: Scope,
    private readonly meter: Meter,
  ) {
    const outer = around.get('loop');
    const depth = outer instanceof Attributes ? outer.attributes.get('depth') : undefined;
    this.depth = typeof depth === 'bigint' ? depth + 1n : 1n;
  }

  at(index: number): Attributes {
    const { items } = this;
    const left = items.length - index;
    return new Attributes(
      'LoopContext',
      new Map<string, Value>([
        ['index', BigInt(index + 1)],
        ['index0', BigInt(index)],
        ['revindex', BigInt(left)],
        ['revindex0', BigInt(left - 1)],
        ['first', index === 0],
        ['last', left === 1],
        ['length', BigInt(items.length)],
        ['depth', this.depth],
        ['depth0', this.depth - 1n],
        ['previtem', valueOr(items[index - 1], new Undefined('there is no previous item'))],
        ['nextitem', valueOr(items[index + 1], new Undefined('there is no next item'))],
        ['cycle', new Callable('cycle', (args) => cycle(args, index))],
        ['changed', new Callable('changed', (args) => this.changed(args))],
      ]),
      false,
    );
  }

  private changed({ positional }: Arguments): boolean {
    const before = this.seen;
    this.seen = positional;
    return !before || before.length !== positional.length || !before.every((item, index) => areEqual(item, positional[index] as Value, this.meter));
  }
}

function cycle({ positional }: Arguments, index: number): Value {
  if (positional.length === 0) throw new TemplateError('no items for cycling given');
  return positional[index % positional.length] ?? null;
}

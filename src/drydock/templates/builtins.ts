import { itemsOf } from './sequences.js';
import type { Meter } from './meter.js';
import { Scope } from './scope.js';
import { TemplateError } from './template-error.js';
import { type Arguments, Attributes, Callable, type Dict, Range, toInteger, type Value } from './values.js';

/** What a template finds without anybody giving it. Written in either way, as Jinja2 has it. */
export const CONSTANTS: ReadonlyMap<string, Value> = new Map<string, Value>([
  ['true', true],
  ['True', true],
  ['false', false],
  ['False', false],
  ['none', null],
  ['None', null],
]);

export function globalScope(context: Dict, meter: Meter): Scope {
  const scope = new Scope();
  scope.set('range', new Callable('range', range));
  scope.set('dict', new Callable('dict', (args) => dict(args, meter)));
  scope.set('namespace', new Callable('namespace', namespace));
  for (const [name, value] of context) scope.set(String(name), value);
  return scope.inner();
}

function range(args: Arguments): Value {
  const [first, second, step] = args.bind('start', 'stop', 'step');
  const [start, stop] = second === undefined ? [0n, toInteger(first)] : [toInteger(first), toInteger(second)];
  return new Range(start, stop, toInteger(step, 1));
}

function dict(args: Arguments, meter: Meter): Value {
  const [from] = args.positional;
  const made: Dict = new Map(from instanceof Map ? from : []);
  const pairs = from === undefined || from instanceof Map ? [] : itemsOf(from, meter);
  for (const pair of pairs) {
    const [key, value] = itemsOf(pair, meter);
    if (key === undefined || value === undefined) throw new TemplateError('dict takes pairs');
    made.set(key, value);
  }
  for (const [name, value] of args.named) made.set(name, value);
  return made;
}

function namespace(args: Arguments): Value {
  const [from] = args.positional;
  const attributes = new Map<string, Value>(args.named);
  if (from instanceof Map) for (const [name, value] of from) attributes.set(String(name), value);
  return new Attributes('Namespace', attributes, true);
}

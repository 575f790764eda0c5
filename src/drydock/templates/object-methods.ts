import type { Meter } from './meter.js';
import { areEqual } from './operators.js';
import { dictOf, itemsOf } from './sequences.js';
import { TemplateError } from './template-error.js';
import { TEXT_METHODS } from './text-methods.js';
import { type Arguments, Callable, type Dict, misuse, toIndex, Tuple, type Value, View, valueOr } from './values.js';

/** A method of a value, bound to it; undefined where it has none of that name. */
export function methodOf(value: Value, name: string, meter: Meter): Callable | undefined {
  if (typeof value === 'string') meter.step(value.length >> 5);
  if (typeof value === 'string') return bound(value, name, TEXT_METHODS.get(name), meter);
  if (value instanceof Map) return bound(value, name, DICT_METHODS.get(name), meter);
  if (Array.isArray(value)) return bound(value, name, LIST_METHODS.get(name), meter);
  return value instanceof Tuple ? bound([...value.items], name, TUPLE_METHODS.get(name), meter) : undefined;
}

type Method<Owner> = (owner: Owner, args: Arguments, meter: Meter) => Value;

function bound<Owner>(owner: Owner, name: string, method: Method<Owner> | undefined, meter: Meter): Callable | undefined {
  return method && new Callable(name, (args) => method(owner, args, meter));
}

const DICT_METHODS: ReadonlyMap<string, Method<Dict>> = new Map<string, Method<Dict>>([
  ['items', (dict, args, meter) => viewOf('dict_items', dict, args, meter, ([key, value]) => new Tuple([key, value]))],
  ['keys', (dict, args, meter) => viewOf('dict_keys', dict, args, meter, ([key]) => key)],
  ['values', (dict, args, meter) => viewOf('dict_values', dict, args, meter, ([, value]) => value)],
  ['get', (dict, args) => get(dict, args)],
  ['copy', (dict) => new Map(dict)],
  // What a template changes here is its own: values are made anew for each rendering.
  ['update', (dict, args) => update(dict, args)],
  ['setdefault', (dict, args) => setDefault(dict, args)],
  ['pop', (dict, args) => popKey(dict, args)],
]);

function viewOf(name: string, dict: Dict, args: Arguments, meter: Meter, pick: (entry: [Value, Value]) => Value): View {
  args.bind();
  meter.step(dict.size);
  return new View(name, [...dict].map(pick));
}

function get(dict: Dict, args: Arguments): Value {
  const [key, fallback] = args.bind('key', 'default');
  return valueOr(dict.get(keyOf(key)), fallback ?? null);
}

function update(dict: Dict, args: Arguments): Value {
  const [more] = args.positional;
  if (more !== undefined) for (const [key, value] of dictOf(more)) dict.set(key, value);
  for (const [key, value] of args.named) dict.set(key, value);
  return null;
}

function setDefault(dict: Dict, args: Arguments): Value {
  const [key, fallback] = args.bind('key', 'default');
  const name = keyOf(key);
  if (!dict.has(name)) dict.set(name, fallback ?? null);
  return dict.get(name) ?? null;
}

function popKey(dict: Dict, args: Arguments): Value {
  const [key, fallback] = args.bind('key', 'default');
  const value = dict.has(keyOf(key)) ? dict.get(keyOf(key)) : fallback;
  if (value === undefined) throw new TemplateError('there is no such key to pop');
  dict.delete(keyOf(key));
  return value;
}

/** Lists and dicts are no keys in Python. */
export function keyOf(key: Value | undefined): Value {
  if (key === undefined || (typeof key === 'object' && key !== null)) throw misuse(key ?? null, 'is no key of a dict');
  return key;
}

const TUPLE_METHODS: ReadonlyMap<string, Method<Value[]>> = new Map<string, Method<Value[]>>([
  ['index', (list, args, meter) => indexIn(list, args, meter)],
  ['count', (list, args, meter) => countIn(list, args, meter)],
]);

const LIST_METHODS: ReadonlyMap<string, Method<Value[]>> = new Map<string, Method<Value[]>>([
  ...TUPLE_METHODS,
  ['copy', (list) => [...list]],
  ['append', (list, args) => changed(list.push(args.bind('item')[0] ?? null))],
  ['extend', (list, args, meter) => changed(extend(list, itemsOf(args.bind('items')[0] ?? null, meter)))],
  ['insert', (list, args) => insert(list, args)],
  ['reverse', (list) => changed(list.reverse())],
  ['pop', (list, args) => popItem(list, args)],
]);

function indexIn(list: Value[], args: Arguments, meter: Meter): Value {
  const wanted = args.bind('item')[0] ?? null;
  const index = list.findIndex((item) => areEqual(item, wanted, meter));
  if (index < 0) throw new TemplateError('there is no such item in the list');
  return BigInt(index);
}

function countIn(list: Value[], args: Arguments, meter: Meter): Value {
  meter.step(list.length);
  const wanted = args.bind('item')[0] ?? null;
  return BigInt(list.filter((item) => areEqual(item, wanted, meter)).length);
}

function extend(list: Value[], items: readonly Value[]): void {
  for (const item of items) list.push(item);
}

function insert(list: Value[], args: Arguments): Value {
  const [index, item] = args.bind('index', 'item');
  return changed(list.splice(toIndex(index), 0, item ?? null));
}

function popItem(list: Value[], args: Arguments): Value {
  const [item] = list.splice(toIndex(args.bind('index')[0], -1), 1);
  if (item === undefined) throw new TemplateError('pop from an empty list');
  return item;
}

/** Python's methods that change a list return None. */
function changed(_result: unknown): null {
  return null;
}

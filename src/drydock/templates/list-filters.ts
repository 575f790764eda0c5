import type { Filter, FilterCalls } from './filter.js';
import { areEqual, calculate, compare, isTrue } from './operators.js';
import { textOf } from './printing.js';
import { dictOf, itemsOf, lengthOf } from './sequences.js';
import { TemplateError } from './template-error.js';
import { joinTexts } from './text-methods.js';
import { type Arguments, toIndex, toText, Tuple, Undefined, type Value, valueOr } from './values.js';
import { testNamed } from './value-tests.js';

/** Filters over the items of a list, a dict or a text. Jinja2 gives generators; here they are lists. */
export const LIST_FILTERS: ReadonlyMap<string, Filter> = new Map<string, Filter>([
  ['length', (value, args) => (args.bind(), BigInt(lengthOf(value)))],
  ['count', (value, args) => (args.bind(), BigInt(lengthOf(value)))],
  ['list', (value, args, { meter }) => (args.bind(), [...itemsOf(value, meter)])],
  ['first', (value, args, { meter }) => (args.bind(), valueOr(itemsOf(value, meter)[0], nothing('No first item, sequence was empty.')))],
  ['last', (value, args, { meter }) => (args.bind(), valueOr(itemsOf(value, meter).at(-1), nothing('No last item, sequence was empty.')))],
  ['reverse', (value, args, { meter }) => (args.bind(), reversed(value, itemsOf(value, meter)))],
  ['items', (value, args) => (args.bind(), value instanceof Undefined ? [] : [...dictOf(value)].map((entry) => new Tuple(entry)))],
  ['join', (value, args, calls) => join(value, args, calls)],
  ['sort', (value, args, calls) => sort(value, args, calls)],
  ['unique', (value, args, calls) => unique(value, args, calls)],
  ['min', (value, args, calls) => extreme(value, args, calls, -1)],
  ['max', (value, args, calls) => extreme(value, args, calls, 1)],
  ['sum', (value, args, calls) => sum(value, args, calls)],
  ['map', (value, args, calls) => map(value, args, calls)],
  ['select', (value, args, calls) => chosen(value, args, calls, false, true)],
  ['reject', (value, args, calls) => chosen(value, args, calls, false, false)],
  ['selectattr', (value, args, calls) => chosen(value, args, calls, true, true)],
  ['rejectattr', (value, args, calls) => chosen(value, args, calls, true, false)],
  ['groupby', (value, args, calls) => groupBy(value, args, calls)],
  ['dictsort', (value, args, calls) => dictSort(value, args, calls)],
  ['batch', (value, args, calls) => batch(value, args, calls)],
]);

function nothing(problem: string): Undefined {
  return new Undefined(problem);
}

function reversed(value: Value, items: readonly Value[]): Value {
  const turned = [...items].reverse();
  return typeof value === 'string' ? turned.join('') : turned;
}

/** How an item is looked at: as it is, or by an attribute such as `a.b` or a number. */
function lens(attribute: Value | undefined, { attribute: of }: FilterCalls, fallback?: Value): (item: Value) => Value {
  if (attribute === undefined || attribute === null) return (item) => item;
  const path: Value[] =
    typeof attribute === 'string'
      ? attribute.split('.').map((part) => (/^\d+$/.test(part) ? BigInt(part) : part))
      : [attribute];
  return (item) => {
    const found = path.reduce((value, part) => of(value, part), item);
    return found instanceof Undefined && fallback !== undefined ? fallback : found;
  };
}

function folded(isCaseSensitive: Value | undefined): (value: Value) => Value {
  if (isTrue(isCaseSensitive ?? false)) return (value) => value;
  return (value) => (typeof value === 'string' ? value.toLowerCase() : value);
}

function join(value: Value, args: Arguments, calls: FilterCalls): Value {
  const [separator, attribute] = args.bind('d', 'attribute');
  const look = lens(attribute, calls);
  const parts = itemsOf(value, calls.meter).map((item) => textOf(look(item), calls.meter));
  return joinTexts(parts, textOf(separator ?? '', calls.meter), calls.meter);
}

function sort(value: Value, args: Arguments, calls: FilterCalls): Value {
  const [isReversed, isCaseSensitive, attribute] = args.bind('reverse', 'case_sensitive', 'attribute');
  const [look, fold] = [lens(attribute, calls), folded(isCaseSensitive)];
  return sorted(itemsOf(value, calls.meter), (item) => fold(look(item)), isTrue(isReversed ?? false), calls);
}

function sorted(items: readonly Value[], key: (item: Value) => Value, isReversed: boolean, { meter }: FilterCalls): Value[] {
  const keyed = items.map((item) => ({ item, key: key(item) }));
  keyed.sort((left, right) => {
    return isReversed ? compare(right.key, left.key, meter) : compare(left.key, right.key, meter);
  });
  return keyed.map(({ item }) => item);
}

function unique(value: Value, args: Arguments, calls: FilterCalls): Value {
  const [isCaseSensitive, attribute] = args.bind('case_sensitive', 'attribute');
  const [look, fold] = [lens(attribute, calls), folded(isCaseSensitive)];
  const seen: Value[] = [];
  return itemsOf(value, calls.meter).filter((item) => {
    const key = fold(look(item));
    const isNew = !seen.some((other) => areEqual(other, key, calls.meter));
    if (isNew) seen.push(key);
    return isNew;
  });
}

function extreme(value: Value, args: Arguments, calls: FilterCalls, side: 1 | -1): Value {
  const [isCaseSensitive, attribute] = args.bind('case_sensitive', 'attribute');
  const [look, fold] = [lens(attribute, calls), folded(isCaseSensitive)];
  const items = itemsOf(value, calls.meter);
  if (items.length === 0) return nothing('No aggregated item, sequence was empty.');
  return items.reduce((best, item) => (compare(fold(look(item)), fold(look(best)), calls.meter) * side > 0 ? item : best));
}

function sum(value: Value, args: Arguments, calls: FilterCalls): Value {
  const [attribute, start] = args.bind('attribute', 'start');
  const look = lens(attribute, calls);
  const items = itemsOf(value, calls.meter);
  return items.reduce<Value>((total, item) => calculate('+', total, look(item), calls.meter), start ?? 0n);
}

function map(value: Value, args: Arguments, calls: FilterCalls): Value {
  const items = itemsOf(value, calls.meter);
  if (args.positional.length > 0) {
    const name = toText(args.positional[0]);
    return items.map((item) => calls.filter(name, item, args.after(1)));
  }
  const [attribute, fallback] = args.bind('attribute', 'default');
  if (attribute === undefined) throw new TemplateError('map requires a filter argument');
  return items.map(lens(attribute, calls, fallback));
}

function chosen(value: Value, args: Arguments, calls: FilterCalls, isByAttribute: boolean, isWanted: boolean): Value {
  const [attribute, ...rest] = isByAttribute ? args.positional : [undefined, ...args.positional];
  if (isByAttribute && attribute === undefined) throw new TemplateError('selectattr requires an attribute');
  const look = lens(attribute, calls);
  const [name, ...given] = rest;
  const test = name === undefined ? isTrue : (item: Value) => testNamed(toText(name))(item, given as Value[], calls.meter);
  return itemsOf(value, calls.meter).filter((item) => test(look(item)) === isWanted);
}

function groupBy(value: Value, args: Arguments, calls: FilterCalls): Value {
  const [attribute, fallback, isCaseSensitive] = args.bind('attribute', 'default', 'case_sensitive');
  const [look, fold] = [lens(attribute ?? null, calls, fallback), folded(isCaseSensitive)];
  const groups: { key: Value; items: Value[] }[] = [];
  for (const item of sorted(itemsOf(value, calls.meter), (one) => fold(look(one)), false, calls)) {
    const last = groups.at(-1);
    if (last && areEqual(fold(last.key), fold(look(item)), calls.meter)) last.items.push(item);
    else groups.push({ key: look(item), items: [item] });
  }
  return groups.map(({ key, items }) => new Tuple([key, items]));
}

function dictSort(value: Value, args: Arguments, calls: FilterCalls): Value {
  const [isCaseSensitive, by, isReversed] = args.bind('case_sensitive', 'by', 'reverse');
  const place = { key: 0, value: 1 }[toText(by, 'key')];
  if (place === undefined) throw new TemplateError("dictsort is by 'key' or 'value'");
  const fold = folded(isCaseSensitive);
  const pairs = [...dictOf(value)].map((entry) => new Tuple(entry));
  return sorted(pairs, (pair) => fold((pair as Tuple).items[place] ?? null), isTrue(isReversed ?? false), calls);
}

function batch(value: Value, args: Arguments, { meter }: FilterCalls): Value {
  const [count, fill] = args.bind('linecount', 'fill_with');
  const size = toIndex(count);
  if (size < 1) throw new TemplateError('batch takes a number above 0');
  const items = itemsOf(value, meter);
  const rows: Value[][] = [];
  for (let start = 0; start < items.length; start += size) rows.push(items.slice(start, start + size));
  const last = rows.at(-1);
  if (fill !== undefined && last) {
    meter.step(size);
    while (last.length < size) last.push(fill);
  }
  return rows;
}

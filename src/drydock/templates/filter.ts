import type { Meter } from './meter.js';
import type { Arguments, Value } from './values.js';

/** What filters need of the rendering they are a part of. */
export interface FilterCalls {
  readonly meter: Meter;
  /** Another filter by its name, as `map('upper')` does. */
  filter(name: string, value: Value, args: Arguments): Value;
  /** A value's attribute or item, as `a.b` finds it. */
  attribute(value: Value, name: Value): Value;
}

export type Filter = (value: Value, args: Arguments, calls: FilterCalls) => Value;

import { Undefined, type Value, valueOr } from './values.js';

/** Names and what they mean; a `for` or a `macro` has its own over those around it. */
export class Scope {
  private readonly names = new Map<string, Value>();

  constructor(private readonly around?: Scope) {}

  get(name: string): Value {
    const value = this.names.get(name);
    if (value !== undefined) return value;
    return valueOr(this.around?.get(name), new Undefined(`'${name}' is undefined`));
  }

  set(name: string, value: Value): void {
    this.names.set(name, value);
  }

  inner(): Scope {
    return new Scope(this);
  }
}

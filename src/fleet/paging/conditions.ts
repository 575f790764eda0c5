/** The filters of a list, collected with their parameters: `where.add((p) => `b.status = any(${p(statuses)}::text[])`)`. */
export class Conditions {
  private readonly parts: string[] = [];
  private readonly values: unknown[] = [];

  add(condition: (parameter: (value: unknown) => string) => string): this {
    const parameter = (value: unknown) => `$${this.values.push(value)}`;
    this.parts.push(condition(parameter));
    return this;
  }

  /** Adds it only where the filter was given. */
  addIf<T>(value: T | undefined | null, condition: (parameter: string) => string): this {
    return value === undefined || value === null ? this : this.add((parameter) => condition(parameter(value)));
  }

  get sql(): string {
    return this.parts.length === 0 ? 'true' : this.parts.map((part) => `(${part})`).join(' and ');
  }

  get parameters(): unknown[] {
    return [...this.values];
  }
}

/** What is remembered of tokens, under their hashes; the least recently asked about goes first. */
export class Verdicts<T> {
  private readonly kept = new Map<string, { readonly value: T; readonly until: number }>();

  constructor(private readonly most: number) {}

  get(name: string, now: number): { readonly value: T } | null {
    const known = this.kept.get(name);
    if (!known) return null;
    this.kept.delete(name);
    if (known.until <= now) return null;
    this.kept.set(name, known);
    return known;
  }

  set(name: string, value: T, until: number): void {
    this.kept.delete(name);
    this.kept.set(name, { value, until });
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= this.most) break;
      this.kept.delete(oldest);
    }
  }

  get size(): number {
    return this.kept.size;
  }
}

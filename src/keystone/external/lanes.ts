/** Lets so many do something at a time; the others wait in line. */
export class Lanes {
  private readonly waiting: (() => void)[] = [];
  private busy = 0;

  constructor(
    private readonly count: number,
    private readonly mostWaiting: number,
  ) {}

  /** Is the line so long that one more would only wait to be told of a timeout? */
  get isFull(): boolean {
    return this.waiting.length >= this.mostWaiting;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.busy >= this.count) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.busy += 1;
    try {
      return await work();
    } finally {
      // The lane goes to the next in line without ever being free, so nobody can overtake.
      const next = this.waiting.shift();
      if (next) next();
      else this.busy -= 1;
    }
  }
}

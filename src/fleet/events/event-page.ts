import type { LoggedEvent } from './logged-event.js';

/** A piece of the log: all events after `from`, up to `upto` (or of them those a filter wants). */
export class EventPage {
  private readonly made = new Map<string, Buffer>();

  constructor(
    readonly from: number,
    readonly upto: number,
    readonly events: readonly LoggedEvent[],
  ) {}

  /** What is left of it for somebody who has read up to `seq`. */
  after(seq: number): EventPage {
    if (seq <= this.from) return this;
    return new EventPage(
      seq,
      Math.max(seq, this.upto),
      this.events.filter((event) => event.seq > seq),
    );
  }

  /** What `make` makes of the events, once for all who come with the same key: a thousand clients share one buffer. */
  encoded(key: string, make: (events: readonly LoggedEvent[]) => Buffer): Buffer {
    let buffer = this.made.get(key);
    if (buffer === undefined) {
      buffer = make(this.events);
      this.made.set(key, buffer);
    }
    return buffer;
  }
}

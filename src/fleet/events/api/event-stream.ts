import type { ServerResponse } from 'node:http';
import { type EventFilter, filterKey, matches } from '../event-filter.js';
import type { EventPage } from '../event-page.js';
import { framesOf } from './event-frames.js';

/** More bytes than this that a client has not taken: it gets no more from memory until it has. */
const MOST_PENDING = 256 * 1024;

/** Where a stream gets what it missed, and where the log ends just now. */
export interface EventSource {
  readonly upto: number;
  after(seq: number, filter: EventFilter): Promise<EventPage>;
}

/**
 * One client. It is `live` while it takes what comes; it then gets buffers it shares with all others. One that fell behind
 * (or comes back) reads the log page by page at its own pace, and one that takes nothing at all for `patienceMs` is cut
 * off. So what a client can hold is bounded, whatever it does.
 */
export class EventStream {
  private readonly key: string;
  private live = false;
  private stalledSince: number | null = null;
  private pendingThen = 0;

  constructor(
    private readonly response: ServerResponse,
    private readonly filter: EventFilter,
    /** The last event it has, or was passed over for it. */
    private cursor: number,
    private readonly patienceMs: number,
    private readonly onDropped: () => void,
  ) {
    this.key = filterKey(filter);
  }

  get isLive(): boolean {
    return this.live;
  }

  get isOpen(): boolean {
    return !this.response.destroyed && !this.response.writableEnded;
  }

  /** Reads what it has not had until it has all there is, then waits to be handed what comes. */
  async catchUp(source: EventSource): Promise<void> {
    this.live = false;
    while (this.isOpen) {
      if (!(await this.drained())) return this.drop();
      // Nothing may be awaited between this look and `live`: what comes after it is handed over.
      if (this.cursor >= source.upto) {
        this.live = true;
        return;
      }
      this.take(await source.after(this.cursor, this.filter));
    }
  }

  /** What is new. Returns false when the client has to catch up first. */
  hand(page: EventPage): boolean {
    if (page.upto <= this.cursor) return true;
    // It read further than this page begins: a part of the page would come twice.
    if (this.cursor > page.from || this.response.writableLength > MOST_PENDING) return false;
    this.take(page);
    return true;
  }

  /** A word now and then, so that proxies and the client know that somebody is there. */
  keepAlive(frame: Buffer, now: number): void {
    const pending = this.response.writableLength;
    const hasMoved = pending === 0 || pending < this.pendingThen || this.stalledSince === null;
    this.pendingThen = pending;
    if (hasMoved) this.stalledSince = pending === 0 ? null : now;
    else if (now - this.stalledSince! >= this.patienceMs) return this.drop();
    if (pending === 0) this.write(frame);
  }

  write(frames: Buffer): void {
    if (this.isOpen) this.response.write(frames);
  }

  end(): void {
    if (this.isOpen) this.response.end();
  }

  private take(page: EventPage): void {
    const frames = page.encoded(this.key, (events) => framesOf(events.filter((event) => matches(this.filter, event))));
    if (frames.length > 0) this.write(frames);
    this.cursor = page.upto;
  }

  private drop(): void {
    if (!this.isOpen) return;
    this.onDropped();
    // Not `end`: that would wait for the client to take what it does not take.
    this.response.destroy();
  }

  /** Resolves when the client has taken what it was sent: false when it does not. */
  private drained(): Promise<boolean> {
    const { response } = this;
    if (!response.writableNeedDrain) return Promise.resolve(true);
    return new Promise((resolve) => {
      const settle = (result: boolean) => {
        clearTimeout(timer);
        response.off('drain', onDrain).off('close', onDrain);
        resolve(result);
      };
      const onDrain = () => settle(true);
      const timer = setTimeout(() => settle(false), this.patienceMs);
      response.once('drain', onDrain).once('close', onDrain);
    });
  }
}

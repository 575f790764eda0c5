import { Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import type { EventFilter } from './event-filter.js';
import { EventLogService } from './event-log.service.js';
import type { EventPage } from './event-page.js';
import { SequencerService } from './sequencer.service.js';

const TICK_MS = 200;
const PAGE = 1_000;
/** Newest events kept in memory, so that a thousand clients that are a little behind do not each ask the database. */
const KEPT = 5_000;
/** Reads of older events at the same time: they are for clients that catch up, and must leave connections for others. */
const MOST_READS = 3;

/** Somebody who is handed each new piece of the log, in order. */
export type FeedListener = (page: EventPage) => void;

/** The end of the log, read once for all who follow it in this process. Nothing is read while nobody does. */
@Injectable()
export class EventFeedService {
  private readonly logger = new Logger(EventFeedService.name);
  private readonly listeners = new Set<FeedListener>();
  /** The newest pages, one after the other; the last ends at `position`. */
  private pages: EventPage[] = [];
  private kept = 0;
  private position = 0;
  private opening: Promise<void> | null = null;
  private reading: Promise<void> | null = null;
  private readonly waiting: (() => void)[] = [];
  private reads = 0;

  constructor(
    private readonly log: EventLogService,
    sequencer: SequencerService,
  ) {
    sequencer.onSequenced(() => this.tick());
  }

  /** How far the log was read; of use only to who follows. */
  get upto(): number {
    return this.position;
  }

  /** From its return on `listener` hears of everything after `upto`. The answer ends that. */
  async follow(listener: FeedListener): Promise<() => void> {
    if (this.listeners.size === 0) this.opening ??= this.open().finally(() => (this.opening = null));
    await this.opening;
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) this.forget();
    };
  }

  @Interval(TICK_MS)
  tick(): void {
    if (this.listeners.size === 0) return;
    this.reading ??= this.readOn()
      .catch((error: unknown) => this.logger.debug(`reading events: ${String(error)}`))
      .finally(() => (this.reading = null));
  }

  /** What comes after `seq`, from memory where it is new enough: then all of it, otherwise what the filter wants. */
  async after(seq: number, filter: EventFilter): Promise<EventPage> {
    const isKept = this.pages.length > 0 && seq >= this.pages[0]!.from;
    const page = isKept ? this.pages.find(({ upto }) => upto > seq) : undefined;
    if (page) return page.after(seq);
    while (this.reads >= MOST_READS) await new Promise<void>((resolve) => this.waiting.push(resolve));
    this.reads += 1;
    try {
      return await this.log.after(seq, filter, PAGE);
    } finally {
      this.reads -= 1;
      this.waiting.shift()?.();
    }
  }

  private async open(): Promise<void> {
    await this.reading;
    this.forget();
    this.position = await this.log.latest();
  }

  private forget(): void {
    this.pages = [];
    this.kept = 0;
  }

  private async readOn(): Promise<void> {
    while (this.listeners.size > 0) {
      const page = await this.log.after(this.position, {}, PAGE);
      if (page.upto === this.position) return;
      this.keep(page);
      for (const listener of this.listeners) listener(page);
    }
  }

  private keep(page: EventPage): void {
    this.position = page.upto;
    this.pages.push(page);
    this.kept += page.events.length;
    while (this.kept > KEPT) this.kept -= this.pages.shift()!.events.length;
  }
}

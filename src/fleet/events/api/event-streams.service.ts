import type { ServerResponse } from 'node:http';
import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import type { Gauge } from 'prom-client';
import { Unavailable } from '../../../common/errors.js';
import { Metrics } from '../../../operations/metrics.js';
import { EventFeedService } from '../event-feed.service.js';
import type { EventFilter } from '../event-filter.js';
import { EventLogService } from '../event-log.service.js';
import type { EventPage } from '../event-page.js';
import { gapFrame, HELLO, positionFrame } from './event-frames.js';
import { EventStream } from './event-stream.js';

const KEEP_ALIVE_MS = 15_000;
/** How long a client may take nothing before it is cut off. */
const PATIENCE_MS = 30_000;
/** Streams of one process. Each costs a socket and a few kilobytes. */
const MOST_STREAMS = 5_000;
/** A token may be taken back meanwhile: a client comes again, with its `Last-Event-ID`, and is looked at again. */
const LONGEST_MS = 15 * 60_000;

const HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store, no-transform',
  // nginx would collect what is to be seen at once.
  'X-Accel-Buffering': 'no',
};

/** `missedAfter`: events it should have had after this are not kept any more, or never were. */
export interface StreamStart {
  readonly seq: number;
  readonly missedAfter: number | null;
}

/** The clients of the event stream of this process. */
@Injectable()
export class EventStreamsService implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger(EventStreamsService.name);
  private readonly streams = new Set<EventStream>();
  private following: Promise<() => void> | null = null;
  private isClosing = false;
  /** For tests. */
  patienceMs = PATIENCE_MS;
  dropped = 0;

  constructor(
    private readonly feed: EventFeedService,
    private readonly log: EventLogService,
    private readonly metrics: Metrics,
  ) {}

  onModuleInit(): void {
    const streams: Gauge = this.metrics.gauge({
      name: 'slipway_event_streams',
      help: 'Clients of the event stream of this process',
      collect: () => streams.set(this.streams.size),
    });
    const dropped: Gauge = this.metrics.gauge({
      name: 'slipway_event_streams_dropped',
      help: 'Clients of the event stream that were cut off because they took nothing, since the process started',
      collect: () => dropped.set(this.dropped),
    });
  }

  /** Ends them in time: an answer that never ends would hold the closing server. */
  onModuleDestroy(): void {
    this.isClosing = true;
    for (const stream of this.streams) stream.end();
  }

  /** Finds out where a stream begins, before anything is answered. `after`: the last event it has; null: only new ones. */
  async open(after: number | null): Promise<StreamStart> {
    if (this.isClosing) throw new Unavailable('This process is stopping. Come again.');
    if (this.streams.size >= MOST_STREAMS) throw new Unavailable('This process has as many streams as it can hold.');
    return this.startOf(after);
  }

  /** Sends events until the client goes. */
  async serve(response: ServerResponse, filter: EventFilter, start: StreamStart): Promise<void> {
    response.on('error', () => undefined);
    response.writeHead(200, HEADERS);
    // HEAD has no body to wait for.
    if (response.req.method === 'HEAD') return void response.end();
    response.write(HELLO);
    if (start.missedAfter !== null) response.write(gapFrame(start.missedAfter, start.seq));
    const stream = new EventStream(response, filter, start.seq, this.patienceMs, () => (this.dropped += 1));
    this.streams.add(stream);
    const timer = setTimeout(() => stream.end(), LONGEST_MS);
    response.once('close', () => {
      clearTimeout(timer);
      this.left(stream);
    });
    if (this.isClosing || !stream.isOpen) return this.left(stream);
    await this.catchUp(stream);
  }

  @Interval(KEEP_ALIVE_MS)
  keepAlive(now = Date.now()): void {
    const frame = positionFrame(this.feed.upto);
    for (const stream of this.streams) if (stream.isLive) stream.keepAlive(frame, now);
  }

  private async catchUp(stream: EventStream): Promise<void> {
    try {
      this.following ??= this.feed.follow((page) => this.hand(page));
      await this.following;
      await stream.catchUp(this.feed);
    } catch (error) {
      // It comes back with what it had last, and by then the database may answer.
      this.logger.debug(`stream: ${String(error)}`);
      stream.end();
    }
  }

  private hand(page: EventPage): void {
    for (const stream of this.streams) if (stream.isLive && !stream.hand(page)) void this.catchUp(stream);
  }

  private left(stream: EventStream): void {
    stream.end();
    this.streams.delete(stream);
    if (this.streams.size > 0) return;
    void this.following?.then(
      (stop) => stop(),
      () => undefined,
    );
    this.following = null;
  }

  private async startOf(after: number | null): Promise<StreamStart> {
    const latest = await this.log.latest();
    if (after === null) return { seq: latest, missedAfter: null };
    if (after > latest) return { seq: latest, missedAfter: after };
    const oldest = await this.log.oldest();
    if (after === 0 || oldest === null || after >= oldest - 1) return { seq: after, missedAfter: null };
    return { seq: oldest - 1, missedAfter: after };
  }
}

import { type BeforeApplicationShutdown, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Config } from '../../config/config.js';
import { SequencerService } from '../events/sequencer.service.js';
import type { Redelivery } from './dead-letters.service.js';
import type { HeldLane } from './lanes.service.js';
import { LanePlannerService } from './lane-planner.service.js';
import { isHopeless, retryDelay } from './retries.js';
import type { Answer } from './webhook-caller.js';
import { messageOf, type WebhookMessage } from './webhook-message.js';
import { WebhookParts } from './webhook-parts.js';
import type { ReceiverRow } from './webhook-receivers.service.js';

const TICK_MS = 500;
/** Calls of this process at the same time, of all webhooks and of one. */
const MOST_CALLS = 32;
const MOST_CALLS_PER_WEBHOOK = 8;

/**
 * Tells webhooks what they want to know: the events of one batch one after the other, those of different batches beside
 * one another. What is told and what is next is in the database, so any worker goes on where another one stopped.
 */
@Injectable()
export class WebhookSenderService implements OnModuleInit, BeforeApplicationShutdown {
  private readonly logger = new Logger(WebhookSenderService.name);
  private readonly stopping = new AbortController();
  private readonly work = new Set<Promise<void>>();
  private readonly held = new Map<number, number>();
  private looking: Promise<void> | null = null;

  constructor(
    private readonly config: Config,
    private readonly sequencer: SequencerService,
    private readonly planner: LanePlannerService,
    private readonly parts: WebhookParts,
  ) {}

  onModuleInit(): void {
    this.sequencer.onSequenced(() => this.tick());
  }

  @Interval(TICK_MS)
  tick(): void {
    if (!this.config.isWorker || this.stopping.signal.aborted) return;
    this.looking ??= this.look()
      // What is due now is due with the next tick as well.
      .catch((error: unknown) => this.logger.debug(`webhooks: ${String(error)}`))
      .finally(() => (this.looking = null));
  }

  /** Calls are broken off and their lanes given back: another process tells the same event again, under the same id. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.looking;
    await Promise.all(this.work);
  }

  private async look(): Promise<void> {
    await this.planner.plan();
    const room = MOST_CALLS - this.work.size;
    if (room <= 0) return;
    for (const lane of await this.parts.lanes.claim(room, MOST_CALLS_PER_WEBHOOK, this.held)) {
      this.start(lane.webhookId, this.tell(lane));
    }
    for (const letter of await this.parts.deadLetters.claim()) this.start(letter.webhookId, this.redeliver(letter));
  }

  private start(webhookId: number, task: Promise<void>): void {
    this.held.set(webhookId, (this.held.get(webhookId) ?? 0) + 1);
    const counted = task
      .catch((error: unknown) => this.logger.debug(`webhook ${webhookId}: ${String(error)}`))
      .finally(() => {
        this.work.delete(counted);
        this.held.set(webhookId, this.held.get(webhookId)! - 1);
        this.tick();
      });
    this.work.add(counted);
  }

  private async tell(lane: HeldLane): Promise<void> {
    const { lanes, receivers } = this.parts;
    try {
      for (;;) {
        const receiver = await receivers.find(lane.webhookId);
        if (!receiver) return await lanes.release(lane);
        const events = await lanes.next(lane, receiver.types, receiver.dialects);
        if (events.length === 0) return await lanes.finish(lane);
        for (const event of events) {
          if (!(await this.tellOne(lane, receiver, messageOf(event), new Date(event.at)))) return;
        }
      }
    } catch (error) {
      await lanes.release(lane).catch(() => undefined);
      throw error;
    }
  }

  /** False: this lane is not to be gone on with. */
  private async tellOne(lane: HeldLane, receiver: ReceiverRow, message: WebhookMessage, at: Date): Promise<boolean> {
    const { lanes, caller, metrics, receivers } = this.parts;
    const answer = await caller.deliver(receiver, message, this.stopping.signal);
    if (answer.outcome === 'delivered') {
      metrics.counted('delivered');
      return lanes.settle(lane, message, false, answer);
    }
    metrics.counted('failed');
    if (answer.outcome === 'gone') {
      await lanes.retryLater(lane, answer, 0);
      await receivers.disable(lane.webhookId, 'The receiver answered 410: it wants no more of this.');
      return false;
    }
    const failed = lane.attempts + 1;
    if (isHopeless(failed, at, new Date(), this.config.values.webhookGiveUpHours)) {
      metrics.counted('dead');
      return lanes.settle(lane, message, true, answer);
    }
    await lanes.retryLater(lane, answer, retryDelay(failed, answer.retryAfterS, Math.random()));
    return false;
  }

  private async redeliver(letter: Redelivery): Promise<void> {
    const { deadLetters, receivers, caller, metrics } = this.parts;
    const receiver = await receivers.find(letter.webhookId);
    if (!receiver) return;
    const answer: Answer = await caller.deliver(receiver, letter, this.stopping.signal);
    metrics.counted(answer.outcome === 'delivered' ? 'delivered' : 'failed');
    await deadLetters.settle(letter.id, answer.outcome === 'delivered', answer);
  }
}

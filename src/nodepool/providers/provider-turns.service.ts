import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { PoolError } from '../../drivers/pool/pool-provider.js';

/** How long a turn that was taken is kept for its caller; only a process that died in between lets it run out. */
const LEASE_S = 5;
/** For a call to get out of this process, at most; a tenth of the rate where that is less. */
const LONGEST_START_MS = 50;
/** Looking again this often at the latest, so that a lane that came free early is noticed. */
const LOOK_MS = 1_000;
/** More jobs of one process do not stand in a provider's queue: they hold slots that other work could use. */
const MOST_WAITING = 4;

/**
 * The rate queue (spec nodepool section 2.5): two calls of one provider begin at least `rate` seconds apart, over all
 * processes. A turn is taken first and counted only once the call has begun, so that neither a slow database nor a busy
 * process can push two beginnings together.
 */
@Injectable()
export class ProviderTurns {
  private readonly waiting = new Map<string, number>();

  constructor(private readonly dataSource: DataSource) {}

  /** Resolves when the caller's turn has come; the call has to begin at once. */
  async take(provider: string, rateS: number, signal: AbortSignal): Promise<void> {
    if (rateS <= 0) return;
    this.count(provider, 1);
    try {
      const lease = await this.claim(provider, rateS, signal);
      // After the caller went on: whatever it does first has begun when the next turn's time starts to run.
      setTimeout(() => void this.release(provider, rateS, lease), Math.min(LONGEST_START_MS, rateS * 100));
    } finally {
      this.count(provider, -1);
    }
  }

  /** Milliseconds a job had better wait on its own before it asks for a turn; 0: go on. */
  crowded(provider: string, rateS: number): number {
    const waiting = this.waiting.get(provider) ?? 0;
    return waiting < MOST_WAITING ? 0 : Math.max(200, rateS * 1000 * waiting);
  }

  private count(provider: string, by: number): void {
    this.waiting.set(provider, (this.waiting.get(provider) ?? 0) + by);
  }

  private async claim(provider: string, rateS: number, signal: AbortSignal): Promise<string> {
    for (;;) {
      if (signal.aborted) throw new PoolError('aborted', `${provider}: stopped while waiting for its turn`);
      const [row] = await this.dataSource.query<{ lease: string }[]>(
        `insert into provider_turns as t (provider_name, next_at)
         values ($1, clock_timestamp() + $2 * interval '1 second')
         on conflict (provider_name) do update set next_at = excluded.next_at where t.next_at <= clock_timestamp()
         returning next_at::text as lease`,
        [provider, Math.max(LEASE_S, rateS)],
      );
      if (row) return row.lease;
      await delay(await this.untilNext(provider), undefined, { signal }).catch(() => undefined);
    }
  }

  private async untilNext(provider: string): Promise<number> {
    const [row] = await this.dataSource.query<{ ms: number }[]>(
      `select ceil(extract(epoch from next_at - clock_timestamp()) * 1000)::integer as ms
       from provider_turns where provider_name = $1`,
      [provider],
    );
    return Math.min(LOOK_MS, Math.max(1, row?.ms ?? 1));
  }

  private async release(provider: string, rateS: number, lease: string): Promise<void> {
    await this.dataSource
      .query(
        `update provider_turns set next_at = clock_timestamp() + $2 * interval '1 second'
         where provider_name = $1 and next_at = $3::timestamptz`,
        [provider, rateS, lease],
      )
      // Then the lease runs out by itself, later than it had to.
      .catch(() => undefined);
  }
}

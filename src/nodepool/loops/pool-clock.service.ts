import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { CronTime } from 'cron';
import { DataSource } from 'typeorm';
import { Config } from '../../config/config.js';
import { NodepoolConfigStore } from '../config/nodepool-config.store.js';
import { Backoffs } from '../providers/backoffs.service.js';
import { PoolPasses } from './pool-passes.service.js';
import { exclusively } from './pool-tick.js';

/**
 * The pool's timetable (spec nodepool section 2.5). The timers only tick. What is due is decided with the database's clock,
 * and of all processes one acts.
 */
@Injectable()
export class PoolClock implements BeforeApplicationShutdown {
  private readonly logger = new Logger(PoolClock.name);
  private readonly running = new Map<string, Promise<void>>();
  private stopping = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly config: Config,
    private readonly nodepool: NodepoolConfigStore,
    private readonly passes: PoolPasses,
    private readonly backoffs: Backoffs,
  ) {}

  /** Oftener than the original's ten seconds: a pass that finds nothing to do is a handful of small statements. */
  @Interval(1_000)
  main(): void {
    this.begin('main', () => this.passes.main());
  }

  @Interval(1_000)
  cron(): void {
    const { cleanup, check, imageUpdate } = this.nodepool.current()?.cron ?? {};
    this.begin('cleanup', () => this.whenDue('cleanup', cleanup, () => this.cleanUp()));
    this.begin('check', () => this.whenDue('check', check, () => this.passes.checkNodes()));
    this.begin('image-update', () => this.whenDue('image-update', imageUpdate, () => this.passes.updateImages()));
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    await Promise.all(this.running.values());
  }

  private async cleanUp(): Promise<void> {
    await this.passes.cleanUp();
    await this.backoffs.forget(this.dataSource);
  }

  /** One at a time of each, and none that outlives the process's orderly end. Never rejects. */
  private begin(name: string, pass: () => Promise<void>): void {
    if (!this.config.isWorker || this.stopping || this.running.has(name) || !this.nodepool.current()) return;
    const run = pass()
      // The next one is soon, and everything here may be done late.
      .catch((error: unknown) => this.logger.warn(`${name}: ${error instanceof Error ? error.message : String(error)}`))
      .finally(() => this.running.delete(name));
    this.running.set(name, run);
  }

  private async whenDue(name: string, line: string | undefined, act: () => Promise<void>): Promise<void> {
    if (line === undefined) return;
    const isDue = await exclusively(this.dataSource, `due ${name}`, async (tx) => {
      const [last] = await tx.query<{ beganAt: Date; now: Date }[]>(
        `insert into pool_passes as p (name, began_at) values ($1, now())
         on conflict (name) do update set began_at = p.began_at
         returning began_at as "beganAt", clock_timestamp() as now`,
        [name],
      );
      const next = new CronTime(line).getNextDateFrom(last!.beganAt).toJSDate();
      if (next > last!.now) return false;
      await tx.query('update pool_passes set began_at = now() where name = $1', [name]);
      return true;
    });
    if (isDue) await act();
  }
}

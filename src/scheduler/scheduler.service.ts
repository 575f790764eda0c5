import { Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource, EntityManager } from 'typeorm';
import { takesTick } from '../common/tick-lock.js';
import { Config } from '../config/config.js';
import { RecoveryService } from '../orchestration/recovery.service.js';
import { advanceBatches } from '../orchestration/wake-ups.js';
import { RetentionService } from './retention.service.js';

/**
 * The timetable. Timers only tick; what is due is decided in SQL, and of all processes that tick at once exactly one
 * acts: the one that gets the tick's advisory lock.
 */
@Injectable()
export class SchedulerService {
  private readonly logger = new Logger(SchedulerService.name);
  private readonly busy = new Set<string>();

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly config: Config,
    private readonly recovery: RecoveryService,
    private readonly retention: RetentionService,
  ) {}

  @Interval(500)
  startDueBatches(): Promise<void> {
    return this.tick('due batches', startDue);
  }

  @Interval(1_000)
  recoverDeadWorkers(): Promise<void> {
    return this.tick('dead workers', (tx) => this.recovery.recoverDeadWorkers(tx));
  }

  @Interval(5_000)
  rewake(): Promise<void> {
    return this.tick('wake-ups', (tx) => this.recovery.rewake(tx));
  }

  @Interval(60_000)
  prune(): Promise<void> {
    return this.tick('retention', (tx) => this.retention.prune(tx));
  }

  private async tick(name: string, act: (tx: EntityManager) => Promise<unknown>): Promise<void> {
    if (!this.config.isWorker || this.busy.has(name)) return;
    this.busy.add(name);
    try {
      await this.dataSource.transaction(async (tx) => {
        if (await takesTick(tx, name)) await act(tx);
      });
    } catch (error) {
      // The next tick is soon, and everything here may be done late.
      this.logger.debug(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      this.busy.delete(name);
    }
  }
}

/** The planner decides whether a due batch starts or is too late. */
async function startDue(tx: EntityManager): Promise<void> {
  const due = await tx.query<{ id: string }[]>(
    `select id from batches where status = 'scheduled' and scheduled_for <= now() and ending_problem is null
     order by scheduled_for limit 1000`,
  );
  await advanceBatches(
    tx,
    due.map(({ id }) => id),
  );
}

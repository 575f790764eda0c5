import { Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource, EntityManager } from 'typeorm';
import { takesTick } from '../../common/tick-lock.js';
import { Config } from '../../config/config.js';

/** Rows one tick removes at most, so that it never holds the disk for long; the rest goes with the next ticks. */
const CHUNK = 20_000;

/** They are in order of time too, near enough: the oldest are looked at, and an index on time is not needed. */
const PRUNE = `delete from events where seq in (
  select seq from (select seq, at from events order by seq limit ${CHUNK}) oldest
  where at < now() - $1 * interval '1 day')`;

/** Removes what happened longer ago than the operator wants to keep. */
@Injectable()
export class EventRetentionService {
  private readonly logger = new Logger(EventRetentionService.name);

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly config: Config,
  ) {}

  @Interval(60_000)
  async tick(): Promise<void> {
    const days = this.config.values.eventRetentionDays;
    if (!this.config.isWorker || days === 0) return;
    try {
      await this.dataSource.transaction((tx) => this.prune(tx, days));
    } catch (error) {
      this.logger.debug(`retention of events: ${String(error)}`);
    }
  }

  private async prune(tx: EntityManager, days: number): Promise<void> {
    if (await takesTick(tx, 'event retention')) await tx.query(PRUNE, [days]);
  }
}

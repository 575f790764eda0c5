import { Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { takesTick } from '../../common/tick-lock.js';
import { Config } from '../../config/config.js';

const CHUNK = 20_000;
const PRUNE = `delete from webhook_deliveries where id in (
  select id from (select id, at, status from webhook_deliveries order by id limit ${CHUNK}) oldest
  where status <> 'redelivering' and at < now() - $1 * interval '1 day')`;

/** Removes what was delivered, or given up, longer ago than events are kept. */
@Injectable()
export class WebhookRetentionService {
  private readonly logger = new Logger(WebhookRetentionService.name);

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly config: Config,
  ) {}

  @Interval(60_000)
  async tick(): Promise<void> {
    const days = this.config.values.eventRetentionDays;
    if (!this.config.isWorker || days === 0) return;
    try {
      await this.dataSource.transaction(async (tx) => {
        if (await takesTick(tx, 'webhook retention')) await tx.query(PRUNE, [days]);
      });
    } catch (error) {
      this.logger.debug(`retention of deliveries: ${String(error)}`);
    }
  }
}

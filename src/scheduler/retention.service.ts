import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { TokensService } from '../auth/tokens.service.js';
import { Config } from '../config/config.js';

/** Rows one tick removes at most, so that it never holds the disk for long; the rest goes with the next ticks. */
const CHUNK = 20_000;

/** Removes what is older than the operator wants to keep. Jobs themselves stay. */
@Injectable()
export class RetentionService {
  constructor(
    private readonly config: Config,
    private readonly tokens: TokensService,
  ) {}

  async prune(tx: EntityManager): Promise<void> {
    await tx.query('delete from idempotency_keys where expires_at < now()');
    await this.tokens.removeExpiredLogins(tx, new Date());
    const days = this.config.values.logRetentionDays;
    if (days === 0) return;
    for (const table of ['job_logs', 'job_artifacts']) {
      await tx.query(
        `delete from ${table} where id in (
           select id from ${table} where at < now() - $1 * interval '1 day' order by at limit ${CHUNK})`,
        [days],
      );
    }
  }
}

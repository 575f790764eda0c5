import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { TokensService } from '../auth/tokens.service.js';
import { Config } from '../config/config.js';

/** Rows of one table that one tick removes at most, so that it never holds the disk for long; the next ticks go on. */
const CHUNK = 20_000;

/** What is removed when it is old. Table, column and condition are written into the statement: they are code, not input. */
export interface RetentionRule {
  readonly table: string;
  /** The column that says how old a row is. Rows that may go need an index on it. */
  readonly at: string;
  /** Only rows of which this holds; without it all. */
  readonly where?: string;
  readonly keptFor: 'logs' | 'events';
}

const OWN_RULES: readonly RetentionRule[] = [
  { table: 'job_logs', at: 'at', keptFor: 'logs' },
  { table: 'job_artifacts', at: 'at', keptFor: 'logs' },
];

/** Removes what is older than the operator wants to keep. Jobs themselves stay. */
@Injectable()
export class RetentionService {
  private readonly rules = [...OWN_RULES];

  constructor(
    private readonly config: Config,
    private readonly tokens: TokensService,
  ) {}

  /** Of a table of an upper floor: its module says once, at start, what of it may go. */
  register(rule: RetentionRule): void {
    this.rules.push(rule);
  }

  async prune(tx: EntityManager): Promise<void> {
    await tx.query('delete from idempotency_keys where expires_at < now()');
    await this.tokens.removeExpiredLogins(tx, new Date());
    const { logRetentionDays, eventRetentionDays } = this.config.values;
    const days = { logs: logRetentionDays, events: eventRetentionDays };
    for (const rule of this.rules) {
      if (days[rule.keptFor] > 0) await tx.query(pruneSql(rule), [days[rule.keptFor]]);
    }
  }
}

function pruneSql({ table, at, where }: RetentionRule): string {
  return `delete from ${table} where id in (
    select id from ${table} where ${at} < now() - $1 * interval '1 day' ${where === undefined ? '' : `and (${where})`}
    order by ${at} limit ${CHUNK})`;
}

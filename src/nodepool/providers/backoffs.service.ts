import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Sql } from '../../orchestration/sql.js';

export interface OpenBackoff {
  readonly name: string;
  readonly failures: number;
  readonly lastError: string;
  readonly failedAt: Date;
  /** Its time is not over yet. */
  readonly isOpen: boolean;
}

const FIRST_S = 2;
const LONGEST_S = 300;
/** What nobody tried again for this long is forgotten: the provider or image may have left the config. */
const FORGET_AFTER = `interval '1 day'`;

export const backoffName = {
  provider: (provider: string) => `provider:${provider}`,
  launch: (provider: string, label: string) => `launch:${provider}/${label}`,
  host: (provider: string, host: string) => `host:${provider}/${host}`,
  image: (provider: string, image: string) => `image:${provider}/${image}`,
  dib: (name: string) => `dib:${name}`,
};

/** Remembers what failed, so that nothing is tried over and over at full speed: twice as long each time, up to five minutes. */
@Injectable()
export class Backoffs {
  constructor(private readonly dataSource: DataSource) {}

  async failed(sql: Sql, name: string, error: string): Promise<void> {
    await sql.query(
      `insert into pool_backoffs as b (name, failures, retry_at, last_error)
       values ($1, 1, now() + $3 * interval '1 second', $2)
       on conflict (name) do update set failures = b.failures + 1, last_error = excluded.last_error, failed_at = now(),
         retry_at = now() + least($4, $3 * power(2, least(b.failures, 20))) * interval '1 second'`,
      [name, error, FIRST_S, LONGEST_S],
    );
  }

  async succeeded(sql: Sql, name: string): Promise<void> {
    await sql.query('delete from pool_backoffs where name = $1', [name]);
  }

  list(sql: Sql = this.dataSource): Promise<OpenBackoff[]> {
    return sql.query<OpenBackoff[]>(
      `select name, failures, last_error as "lastError", failed_at as "failedAt", retry_at > now() as "isOpen"
       from pool_backoffs order by name`,
    );
  }

  async forget(sql: Sql): Promise<void> {
    await sql.query(`delete from pool_backoffs where retry_at < now() - ${FORGET_AFTER}`);
  }
}

/** Milliseconds until the next try of what a job does by itself. */
export function nextTryMs(tries: number): number {
  return Math.min(60_000, 1_000 * 2 ** Math.min(tries, 10));
}

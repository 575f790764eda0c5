import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { parseSettings, type ProcessRole, type SettingValues } from '../config/settings.js';
import { startThrowawayServer, type ThrowawayServer } from '../database/embedded/throwaway-server.js';
import { migrate } from '../database/migrate.js';
import { ApiClient } from '../demo/api-client.js';
import { BenchChild, type ChildKind } from './bench-child.js';
import type { BenchSizes } from './bench-sizes.js';

export const TOKEN = 'bench-token-bench-token-bench-token-1234';
const LOOK_MS = 25;

export interface Look {
  readonly statement: string;
  readonly parameters: readonly unknown[];
  /** For a person, should it never come true. */
  readonly what: string;
  readonly everyMs?: number;
  /** Then it returns false; without it the measure fails when the limit is reached. */
  readonly patienceMs?: number;
}

export interface SlipwayChild {
  readonly child: BenchChild;
  readonly url: string;
  readonly api: ApiClient;
}

/**
 * Where the benchmark happens: a PostgreSQL of its own that writes to the disk as a real one does, a data directory,
 * and the processes that were started. `close` leaves nothing behind.
 */
export class BenchPlace {
  private readonly children: BenchChild[] = [];

  private constructor(
    readonly sizes: BenchSizes,
    readonly sql: pg.Pool,
    readonly signal: AbortSignal,
    private readonly server: ThrowawayServer,
    private readonly dataDir: string,
  ) {}

  static async open(sizes: BenchSizes, signal: AbortSignal): Promise<BenchPlace> {
    const server = await startThrowawayServer({ fsync: 'on', full_page_writes: 'on' });
    await migrate(server.url);
    const sql = new pg.Pool({ connectionString: server.url, max: 4 });
    // It is stopped under our feet at the end.
    sql.on('error', () => undefined);
    return new BenchPlace(sizes, sql, signal, server, mkdtempSync(join(tmpdir(), 'slipway-bench-')));
  }

  get databaseUrl(): string {
    return this.server.url;
  }

  /** Slipway's own defaults, but for what a benchmark must say. */
  settings(role: ProcessRole): SettingValues {
    return {
      ...parseSettings({}),
      databaseUrl: this.server.url,
      dataDir: this.dataDir,
      secretKey: 'bench',
      adminPassword: 'bench-password',
      adminToken: TOKEN,
      port: 0,
      role,
      logLevel: 'error',
      shutdownGrace: 1,
    };
  }

  async child(kind: ChildKind, settings: object): Promise<BenchChild> {
    const child = await BenchChild.start(kind, settings);
    this.children.push(child);
    return child;
  }

  async slipway(role: ProcessRole): Promise<SlipwayChild> {
    const child = await this.child('slipway', this.settings(role));
    const url = await child.ask<string>('url');
    return { child, url, api: new ApiClient(url, TOKEN, this.signal) };
  }

  /** Until the statement returns a row: true, or false when the patience was over before. */
  async until({ statement, parameters, what, everyMs = LOOK_MS, patienceMs }: Look): Promise<boolean> {
    const end = Date.now() + (patienceMs ?? this.sizes.limitMs);
    for (;;) {
      this.signal.throwIfAborted();
      if ((await this.sql.query(statement, [...parameters])).rows.length > 0) return true;
      if (Date.now() > end && patienceMs !== undefined) return false;
      if (Date.now() > end) throw new Error(`${what}: not within ${this.sizes.limitMs / 1000} s`);
      await sleep(everyMs);
    }
  }

  /** What a measure that failed has left running must not disturb the next one. */
  async stopChildren(): Promise<void> {
    await Promise.all(this.children.splice(0).map((child) => child.stop()));
  }

  async close(): Promise<void> {
    await this.stopChildren();
    await this.sql.end();
    await this.server.stop();
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}

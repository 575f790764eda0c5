import { setTimeout as delay } from 'node:timers/promises';
import { EventEmitter } from 'node:events';
import { Logger } from '@nestjs/common';
import { Logger as QueueLogger, run, type Runner, type TaskList } from 'graphile-worker';
import pg from 'pg';
import { PooledClient } from '../database/pooled-client.js';

const RESTART_MS = 1_000;
const POLL_MS = 1_000;

interface QueueOptions {
  readonly databaseUrl: string;
  readonly name: string;
  readonly tasks: TaskList;
  readonly concurrency: number;
  readonly connections: number;
}

/**
 * graphile-worker for some tasks, kept running: it gives up when PostgreSQL goes away in the wrong moment, and is then
 * started anew. Its own bookkeeping may lose its last moments in a crash of PostgreSQL (`synchronous_commit=off`):
 * that repeats wake-ups, which changes nothing, and saves two waits for the disk per job.
 */
export class Queue {
  /** graphile-worker's ids of the workers that may hold a task now. */
  readonly workerIds = new Set<string>();
  private readonly logger: Logger;
  private runner: Runner | null = null;
  private pool: pg.Pool | null = null;
  private stopping = false;
  private loop: Promise<void> = Promise.resolve();

  constructor(private readonly options: QueueOptions) {
    this.logger = new Logger(`Queue ${options.name}`);
  }

  get isRunning(): boolean {
    return this.runner !== null;
  }

  start(): void {
    this.loop = this.keepRunning();
  }

  /** Takes no more tasks and resolves when the running ones have ended. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.runner?.stop().catch((error: unknown) => this.logger.warn(`stop: ${String(error)}`));
    await this.loop;
  }

  private async keepRunning(): Promise<void> {
    while (!this.stopping) {
      try {
        await this.runOnce();
      } catch (error) {
        if (!this.stopping) this.logger.warn(`stopped: ${error instanceof Error ? error.message : String(error)}`);
      }
      this.runner = null;
      this.workerIds.clear();
      await this.pool?.end().catch(() => undefined);
      this.pool = null;
      if (!this.stopping) await delay(RESTART_MS);
    }
  }

  private async runOnce(): Promise<void> {
    const events = new EventEmitter();
    events.on('worker:create', ({ worker }: { worker: { workerId: string } }) => this.workerIds.add(worker.workerId));
    // One slot that dies takes the whole queue down: better all anew than fewer and fewer slots.
    events.on('worker:fatalError', () => void this.runner?.stop().catch(() => undefined));
    this.pool = new pg.Pool({
      Client: PooledClient,
      connectionString: this.options.databaseUrl,
      max: this.options.connections,
      application_name: `slipway queue ${this.options.name}`,
      options: '-c synchronous_commit=off',
      keepAlive: true,
    });
    this.pool.on('error', (error) => this.logger.debug(`a connection was lost: ${error.message}`));
    this.runner = await run({
      pgPool: this.pool,
      taskList: this.options.tasks,
      concurrency: this.options.concurrency,
      pollInterval: POLL_MS,
      noHandleSignals: true,
      events,
      logger: this.queueLogger(),
    });
    if (this.stopping) await this.runner.stop();
    await this.runner.promise;
  }

  private queueLogger(): QueueLogger {
    return new QueueLogger(() => (level, message) => {
      if (level === 'error') this.logger.warn(message);
      else if (level === 'warning') this.logger.debug(message);
    });
  }
}

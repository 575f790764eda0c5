import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { Config } from '../config/config.js';
import { AdvanceService } from './advance.service.js';
import { Queue } from './queue.js';
import { RecoveryService } from './recovery.service.js';
import { RunnerService } from './runner.service.js';
import { BATCH_ADVANCE, JOB_RUN } from './wake-ups.js';

const HEARTBEAT_MS = 2_000;
/** Planning has slots of its own, so that a process full of copies still opens the next wave in time. */
const PLANNING_SLOTS = 2;

/** Makes this process a worker: its queue slots, its heartbeat, its orderly end. */
@Injectable()
export class WorkerService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(WorkerService.name);
  private queues: Queue[] = [];
  private id: string = randomUUID();
  private beating: Promise<void> | null = null;
  private started = false;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly config: Config,
    private readonly runner: RunnerService,
    private readonly advance: AdvanceService,
    private readonly recovery: RecoveryService,
  ) {}

  /** Does this process take wake-ups now? */
  isRunning(): boolean {
    return this.queues.length > 0 && this.queues.every((queue) => queue.isRunning);
  }

  async onApplicationBootstrap(): Promise<void> {
    if (!this.config.isWorker) return;
    const { databaseUrl, workerConcurrency } = this.config.values;
    if (databaseUrl === undefined) throw new Error('The database must be opened before a worker starts');
    await this.register();
    const connections = Math.min(workerConcurrency, 10);
    this.queues = [
      new Queue({
        databaseUrl,
        name: 'jobs',
        tasks: { [JOB_RUN]: (payload) => this.runner.run(idOf<number>(payload), this.id) },
        concurrency: workerConcurrency,
        connections: connections + 1,
      }),
      new Queue({
        databaseUrl,
        name: 'plans',
        tasks: { [BATCH_ADVANCE]: (payload) => this.advance.advance(idOf<string>(payload)) },
        concurrency: PLANNING_SLOTS,
        connections: PLANNING_SLOTS + 1,
      }),
    ];
    for (const queue of this.queues) queue.start();
    this.started = true;
  }

  @Interval(HEARTBEAT_MS)
  heartbeat(): void {
    if (!this.started || this.beating) return;
    this.beating = this.beat()
      .catch((error: unknown) => this.logger.debug(`heartbeat: ${String(error)}`))
      .finally(() => (this.beating = null));
  }

  /** Running steps end first, within the grace; what is left then goes to other workers. */
  async beforeApplicationShutdown(): Promise<void> {
    if (!this.started) return;
    this.runner.stopAtNextStep();
    const stopped = Promise.all(this.queues.map((queue) => queue.stop()));
    const grace = new AbortController();
    await Promise.race([
      stopped,
      delay(this.config.values.shutdownGrace * 1000, undefined, { signal: grace.signal }).catch(() => undefined),
    ]);
    grace.abort();
    this.runner.interruptAll();
    await stopped;
    this.started = false;
    await this.beating;
    await this.dataSource
      .query('delete from workers where id = $1', [this.id])
      .catch((error: unknown) => this.logger.debug(`farewell: ${String(error)}`));
  }

  private async beat(): Promise<void> {
    const rows = await this.dataSource.query<unknown[]>(
      `with beaten as (
         update workers set heartbeat_at = now(), queue_worker_ids = $2 where id = $1 returning id)
       select id from beaten`,
      [this.id, this.queueWorkerIds()],
    );
    if (rows.length === 0) return this.startOver();
    await this.recovery.reconcile(
      this.id,
      (jobId) => this.runner.holds(jobId),
      (jobId, by) => this.runner.abort(jobId, by),
    );
  }

  /** We were silent for so long that our jobs were given to others: let go of them and go on under a new name. */
  private async startOver(): Promise<void> {
    this.logger.warn('this worker was taken for dead; its jobs went to others');
    this.runner.abandonAll();
    this.id = randomUUID();
    await this.register();
  }

  private async register(): Promise<void> {
    await this.dataSource.query(
      'insert into workers (id, hostname, pid, slots, queue_worker_ids) values ($1, $2, $3, $4, $5)',
      [this.id, hostname(), process.pid, this.config.values.workerConcurrency, this.queueWorkerIds()],
    );
  }

  private queueWorkerIds(): string[] {
    return this.queues.flatMap((queue) => [...queue.workerIds]);
  }
}

/** Every payload of ours is `{ id }`. */
function idOf<T>(payload: unknown): T {
  return (payload as { id: T }).id;
}

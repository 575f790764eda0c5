import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { Gauge } from 'prom-client';
import type { DataSource } from 'typeorm';
import { Metrics } from '../operations/metrics.js';
import { OrchestrationMetrics } from './orchestration-metrics.js';
import { DEAD_AFTER_S } from './recovery.service.js';

interface Count {
  readonly label: string;
  readonly count: number;
}

/** One statement for each unfinished state, each answered from a partial index: the finished ones may be millions. */
const JOBS_BY_STATE = ['pending', 'queued', 'running', 'waiting']
  .map((status) => `select '${status}' as label, count(*)::int as count from jobs where status = '${status}'`)
  .join(' union all ');

const QUEUE_BY_STATE = `
  select case when locked_at is not null then 'taken' when run_at > now() then 'later' else 'due' end as label,
         count(*)::int as count
    from graphile_worker.jobs where attempts < max_attempts group by 1`;

const WORKERS_ALIVE = `
  select 'alive' as label, count(*)::int as count
    from workers where heartbeat_at > now() - ${DEAD_AFTER_S} * interval '1 second'`;

/** Shows the orchestration to `/metrics`. The gauges are the whole fleet's, the same on every process. */
@Injectable()
export class OrchestrationGauges implements OnModuleInit {
  private readonly logger = new Logger(OrchestrationGauges.name);

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly operations: Metrics,
    private readonly counted: OrchestrationMetrics,
  ) {}

  onModuleInit(): void {
    this.operations.add(this.counted.steps);
    this.operations.add(this.counted.jobs);
    this.show('slipway_jobs', 'Unfinished jobs by state', 'state', JOBS_BY_STATE);
    this.show('slipway_queue_depth', 'Wake-ups in the queue: due, taken or for later', 'state', QUEUE_BY_STATE);
    this.show('slipway_workers', 'Worker processes with a fresh heartbeat', 'state', WORKERS_ALIVE);
  }

  private show(name: string, help: string, label: string, sql: string): void {
    const gauge: Gauge<string> = this.operations.gauge({
      name,
      help,
      labelNames: [label],
      collect: async () => {
        const counts = await this.count(name, sql);
        gauge.reset();
        for (const row of counts) gauge.set({ [label]: row.label }, row.count);
      },
    });
  }

  /** Without a database the gauges are absent; what the process itself measured is still worth reading. */
  private async count(name: string, sql: string): Promise<Count[]> {
    try {
      return await this.dataSource.query<Count[]>(sql);
    } catch (error) {
      this.logger.warn(`${name} cannot be counted: ${error instanceof Error ? error.message : String(error)}`);
      return [];
    }
  }
}

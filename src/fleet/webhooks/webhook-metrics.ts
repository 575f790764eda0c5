import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { Counter, Gauge } from 'prom-client';
import type { DataSource } from 'typeorm';
import { Metrics } from '../../operations/metrics.js';

const BATCHES = `select 'waiting' as state, count(*)::integer as count from webhook_lanes where attempts = 0
  union all select 'failing', count(*)::integer from webhook_lanes where attempts > 0`;
const DEAD = `select status as state, count(*)::integer as count from webhook_deliveries where status <> 'delivered' group by 1`;

/** Shows the webhooks to `/metrics`. The gauges are the whole fleet's, the counter is this process's. */
@Injectable()
export class WebhookMetrics implements OnModuleInit {
  private readonly logger = new Logger(WebhookMetrics.name);
  private readonly tries: Counter<'outcome'>;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly metrics: Metrics,
  ) {
    this.tries = metrics.counter({
      name: 'slipway_webhook_tries_total',
      help: 'Tries of this process to deliver an event to a webhook, and events it gave up',
      labelNames: ['outcome'],
    });
  }

  onModuleInit(): void {
    this.show('slipway_webhook_backlog', 'Batches that webhooks have yet to be told of', BATCHES);
    this.show('slipway_webhook_dead_letters', 'Events that were given up, by state', DEAD);
  }

  counted(outcome: 'delivered' | 'failed' | 'dead'): void {
    this.tries.inc({ outcome });
  }

  private show(name: string, help: string, sql: string): void {
    const gauge: Gauge = this.metrics.gauge({
      name,
      help,
      labelNames: ['state'],
      collect: async () => {
        gauge.reset();
        for (const { state, count } of await this.count(name, sql)) gauge.set({ state }, count);
      },
    });
  }

  private async count(name: string, sql: string): Promise<{ state: string; count: number }[]> {
    try {
      return await this.dataSource.query(sql);
    } catch (error) {
      this.logger.warn(`${name} cannot be counted: ${String(error)}`);
      return [];
    }
  }
}

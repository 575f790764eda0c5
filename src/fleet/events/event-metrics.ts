import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { Gauge } from 'prom-client';
import type { DataSource } from 'typeorm';
import { Metrics } from '../../operations/metrics.js';
import { SequencerService } from './sequencer.service.js';

/** Counted with a cap: it is asked only to see whether the sequencer keeps up. */
const OUTBOX = 'select count(*)::integer as count from (select 1 from event_outbox limit 100000) few';

/** Shows the event log to `/metrics`. */
@Injectable()
export class EventMetrics implements OnModuleInit {
  private readonly logger = new Logger(EventMetrics.name);

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly metrics: Metrics,
    private readonly sequencer: SequencerService,
  ) {}

  onModuleInit(): void {
    const sequenced: Gauge = this.metrics.gauge({
      name: 'slipway_events_sequenced',
      help: 'Events this process gave their place in the log, since it started',
      collect: () => sequenced.set(this.sequencer.sequenced),
    });
    const outbox: Gauge = this.metrics.gauge({
      name: 'slipway_event_outbox',
      help: 'Events that were written and are not in the log yet, up to 100000; should be near 0',
      collect: async () => {
        const [row] = await this.dataSource.query<{ count: number }[]>(OUTBOX).catch((error: unknown) => {
          this.logger.warn(`slipway_event_outbox cannot be counted: ${String(error)}`);
          return [];
        });
        if (row === undefined) outbox.reset();
        else outbox.set(row.count);
      },
    });
  }
}

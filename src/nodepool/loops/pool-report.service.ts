import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import type { Gauge } from 'prom-client';
import { DataSource } from 'typeorm';
import { Metrics } from '../../operations/metrics.js';
import { ReadinessChecks } from '../../operations/readiness-checks.js';
import { NodepoolConfigStore } from '../config/nodepool-config.store.js';
import { backoffName, Backoffs, type OpenBackoff } from '../providers/backoffs.service.js';
import { stateName } from '../states.js';

interface NodeTally {
  readonly provider: string;
  readonly label: string;
  readonly state: number;
  readonly count: number;
}

interface LastBuild {
  readonly image: string;
  readonly status: string;
  readonly at: Date;
}

/**
 * Shows the pool to `/metrics` and to the readiness details. A provider that is down is reported there and never makes the
 * process unready: it stops nothing else.
 */
@Injectable()
export class PoolReport implements OnModuleInit {
  private readonly logger = new Logger(PoolReport.name);

  constructor(
    private readonly dataSource: DataSource,
    private readonly config: NodepoolConfigStore,
    private readonly backoffs: Backoffs,
    private readonly metrics: Metrics,
    private readonly checks: ReadinessChecks,
  ) {}

  onModuleInit(): void {
    this.showNodes();
    this.showProviders();
    this.showFailures();
    this.showBuilds();
    this.checks.register('nodepool providers', () => this.details());
  }

  /** Never a refusal: whether the database answers is another check's business. */
  private async details(): Promise<Record<string, unknown>> {
    const providers = this.config.current()?.providers ?? [];
    if (providers.length === 0) return { providers: [] };
    try {
      const known = await this.backoffs.list();
      return { providers: providers.map(({ name }) => statusOf(name, known)) };
    } catch (error) {
      this.logger.debug(`providers: ${String(error)}`);
      return { providers: providers.map(({ name }) => ({ name, status: 'unknown' })) };
    }
  }

  private showNodes(): void {
    this.show(
      'slipway_nodepool_nodes',
      'Nodes by provider, label and state',
      ['provider', 'label', 'state'],
      async (gauge) => {
        const rows = await this.dataSource.query<NodeTally[]>(
          `select provider_name as provider, label_name as label, state, count(*)::integer as count
         from pool_nodes group by 1, 2, 3`,
        );
        for (const { provider, label, state, count } of rows) {
          gauge.set({ provider, label, state: stateName(state) ?? String(state) }, count);
        }
      },
    );
  }

  private showProviders(): void {
    this.show(
      'slipway_nodepool_provider_up',
      'Whether a provider answered when it was last called',
      ['provider'],
      async (gauge) => {
        const known = await this.backoffs.list();
        for (const { name } of this.config.current()?.providers ?? []) {
          gauge.set({ provider: name }, statusOf(name, known).status === 'down' ? 0 : 1);
        }
      },
    );
  }

  private showFailures(): void {
    this.show('slipway_nodepool_failures', 'Failures in a row of what is tried again', ['what'], async (gauge) => {
      for (const { name, failures } of await this.backoffs.list()) gauge.set({ what: name }, failures);
    });
  }

  private showBuilds(): void {
    const labels = ['image', 'status'];
    this.show('slipway_nodepool_last_build', 'When a disk image was last built, in seconds', labels, async (gauge) => {
      const rows = await this.dataSource.query<LastBuild[]>(
        `select image_name as image, status, max(finished_at) as at from dib_builds where finished_at is not null group by 1, 2`,
      );
      for (const { image, status, at } of rows) gauge.set({ image, status }, at.getTime() / 1000);
    });
  }

  /** Without a database the gauges are empty; what the process itself measured is still worth reading. */
  private show(name: string, help: string, labelNames: string[], fill: (gauge: Gauge<string>) => Promise<void>): void {
    const gauge: Gauge<string> = this.metrics.gauge({
      name,
      help,
      labelNames,
      collect: async () => {
        gauge.reset();
        await fill(gauge).catch((error: unknown) => this.logger.warn(`${name}: ${String(error)}`));
      },
    });
  }
}

interface ProviderStatus {
  readonly name: string;
  /** `failing`: it answers, and what is asked of it fails. */
  readonly status: 'up' | 'failing' | 'down';
  readonly problem?: string;
}

function statusOf(name: string, known: readonly OpenBackoff[]): ProviderStatus {
  const down = known.find((backoff) => backoff.name === backoffName.provider(name));
  if (down) return { name, status: 'down', problem: down.lastError };
  const mine = [backoffName.launch(name, ''), backoffName.image(name, ''), backoffName.host(name, '')];
  const failing = known.find((backoff) => mine.some((prefix) => backoff.name.startsWith(prefix)));
  return failing ? { name, status: 'failing', problem: failing.lastError } : { name, status: 'up' };
}

import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { AuditService } from '../auth/audit/audit.service.js';
import { SYSTEM_PRINCIPAL } from '../auth/principal.js';
import { Config } from '../config/config.js';
import { NotificationsService } from '../fuel/notifications/notifications.service.js';

/** Nodes of one transaction; the rest goes with the next, at once. */
const CHUNK = 500;

interface SilentNode {
  readonly id: number;
  readonly name: string;
  readonly clusterId: number | null;
}

/**
 * Finds nodes whose agent has fallen silent (spec fuel section 2.3). Every worker looks; a node is taken offline by the one whose
 * update reaches its row first, and only that one says so.
 */
@Injectable()
export class KeepAliveService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(KeepAliveService.name);
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> | null = null;
  private startedAt = 0;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly config: Config,
    private readonly audit: AuditService,
    private readonly notifications: NotificationsService,
  ) {}

  onApplicationBootstrap(): void {
    if (!this.config.isWorker) return;
    this.startedAt = performance.now();
    this.timer = setInterval(() => this.tick(), this.config.values.fuelNodeCheckInterval * 1000);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.looking;
  }

  /** How many nodes it found silent. */
  async look(): Promise<number> {
    let found = 0;
    for (let last = CHUNK; last === CHUNK; found += last) {
      last = await this.dataSource.transaction((tx) => this.takeOffline(tx));
    }
    return found;
  }

  private tick(): void {
    // Nobody could report while Slipway was down: nodes get their full time to do so again.
    const isSettled = performance.now() - this.startedAt >= this.config.values.fuelNodeTimeout * 1000;
    if (this.looking !== null || !isSettled) return;
    this.looking = this.look()
      .then(() => undefined)
      .catch((error: unknown) => this.logger.debug(`keep-alive: ${String(error)}`))
      .finally(() => (this.looking = null));
  }

  private async takeOffline(tx: EntityManager): Promise<number> {
    const silent = await tx.query<SilentNode[]>(
      `with silent as (
         select id from nodes
         where online and reported_at < now() - $1 * interval '1 second'
           and status <> 'provisioning' and driver <> 'simulated'
         order by id limit ${CHUNK} for update skip locked),
       gone as (
         update nodes set online = false from silent where nodes.id = silent.id
         returning nodes.id, nodes.name, nodes.cluster_id)
       select id, name, cluster_id as "clusterId" from gone order by id`,
      [this.config.values.fuelNodeTimeout],
    );
    for (const { id, name, clusterId } of silent) {
      const message = `Node '${name}' has gone away`;
      await this.notifications.notify(tx, { topic: 'error', message, nodeId: id, clusterId });
    }
    await this.audit.recordMany(
      tx,
      SYSTEM_PRINCIPAL,
      silent.map(({ id, name }) => ({
        action: 'offline',
        objectType: 'node',
        objectId: id,
        objectRepr: name,
        before: { online: true },
        after: { online: false },
      })),
    );
    return silent.length;
  }
}

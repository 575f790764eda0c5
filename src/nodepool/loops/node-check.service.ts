import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { PoolError } from '../../drivers/pool/pool-provider.js';
import { NodepoolConfigStore } from '../config/nodepool-config.store.js';
import { NODE_KIND, NodeWishes } from '../nodes/node-wishes.service.js';
import type { PoolNode } from '../pool-node.entity.js';
import type { CallIo, ProviderAccess } from '../providers/provider-access.js';
import { ProvidersService } from '../providers/providers.service.js';
import { PoolAudit } from '../jobs/pool-audit.service.js';
import { POOL_LOOPS } from './pool-tick.js';

const PROVIDER_MS = 600_000;
/** A node that does not answer is asked again before it is given up: one lost packet costs no node. */
const TRIES = 3;
const BETWEEN_MS = 1_000;

type Checked = Pick<PoolNode, 'id' | 'providerName' | 'labelName' | 'externalId' | 'staticHost'>;

/** `cron.check`: every ready node must still answer and have a label; the others are deleted (spec nodepool section 2.5). */
@Injectable()
export class NodeCheck {
  private readonly logger = new Logger(NodeCheck.name);

  constructor(
    private readonly dataSource: DataSource,
    private readonly config: NodepoolConfigStore,
    private readonly providers: ProvidersService,
    private readonly wishes: NodeWishes,
    private readonly audit: PoolAudit,
  ) {}

  async pass(): Promise<void> {
    const nodes = await this.dataSource.query<Checked[]>(
      `select id, provider_name as "providerName", label_name as "labelName", external_id as "externalId",
         static_host as "staticHost" from pool_nodes where state = 2 order by id`,
    );
    const labels = new Set(this.config.current()?.labels.map(({ name }) => name));
    for (const node of nodes) {
      if (node.staticHost === null && !labels.has(node.labelName)) await this.giveUp(node, 'its label is gone');
    }
    await Promise.all(
      this.providers.list().map((access) => {
        const own = nodes.filter(({ providerName }) => providerName === access.config.name);
        return this.checkProvider(access, own);
      }),
    );
  }

  /** A provider that does not answer says nothing about its nodes. */
  private async checkProvider(access: ProviderAccess, nodes: readonly Checked[]): Promise<void> {
    const { name } = access.config;
    const io: CallIo = { signal: AbortSignal.timeout(PROVIDER_MS), log: () => undefined };
    try {
      for (const node of nodes) {
        if (!(await this.answers(access, node, io))) await this.giveUp(node, 'it does not answer');
      }
    } catch (error) {
      if (!(error instanceof PoolError)) throw error;
      this.logger.warn(`${name} cannot be checked: ${error.message}`);
    }
  }

  private async answers(access: ProviderAccess, node: Checked, io: CallIo): Promise<boolean> {
    const id = node.externalId;
    if (id === null) return false;
    const host = access.config.nodes.find(({ name }) => name === node.staticHost);
    const reachability = { port: host?.connectionPort ?? null, hostKey: host?.hostKey ?? null };
    for (let left = TRIES; left > 0; left -= 1) {
      const server = await access.call(io, (provider, poolIo) => provider.getServer(id, poolIo));
      if (server === null || server.status === 'error') return false;
      const answers = await access.call(io, (provider, poolIo) => provider.isReachable(server, reachability, poolIo));
      if (answers) return true;
      await delay(BETWEEN_MS);
    }
    return false;
  }

  private async giveUp(node: Checked, why: string): Promise<void> {
    this.logger.warn(`Node ${node.id} is deleted: ${why}`);
    await this.dataSource.transaction(async (tx) => {
      const [ready] = await tx.query<unknown[]>('select id from pool_nodes where id = $1 and state = 2 for update', [
        node.id,
      ]);
      // Held or taken meanwhile: then it is somebody's.
      if (!ready) return;
      await this.wishes.delete(tx, node.id, POOL_LOOPS);
      await this.audit.deleted(tx, NODE_KIND, [node.id], why);
    });
  }
}

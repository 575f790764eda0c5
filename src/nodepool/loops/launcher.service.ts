import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { NodepoolConfigStore } from '../config/nodepool-config.store.js';
import { NODE_KIND, NodeWishes } from '../nodes/node-wishes.service.js';
import { backoffName, Backoffs } from '../providers/backoffs.service.js';
import { PoolAudit } from '../jobs/pool-audit.service.js';
import { type CurrentImage, type NodeCount, planLaunches, type PoolFacts } from './launch-plan.js';
import { exclusively, POOL_LOOPS } from './pool-tick.js';

/**
 * Launches what is missing up to `min-ready`. Rows are only ever added here, by one process at a time that has counted them
 * in the same transaction: so a provider never gets more than `max-servers` (spec nodepool section 2.5).
 */
@Injectable()
export class Launcher {
  constructor(
    private readonly dataSource: DataSource,
    private readonly config: NodepoolConfigStore,
    private readonly wishes: NodeWishes,
    private readonly backoffs: Backoffs,
    private readonly audit: PoolAudit,
  ) {}

  /** The ids of the nodes it has begun to launch. */
  async pass(): Promise<number[]> {
    return (await exclusively(this.dataSource, 'launches', (tx) => this.launch(tx))) ?? [];
  }

  private async launch(tx: EntityManager): Promise<number[]> {
    const config = this.config.current();
    if (!config) return [];
    const ids: number[] = [];
    for (const planned of planLaunches(config, await this.facts(tx))) {
      const zones = planned.provider.availabilityZones;
      const az = zones.length === 0 ? null : (zones[Math.floor(Math.random() * zones.length)] ?? null);
      ids.push(await this.wishes.launch(tx, { ...planned, az }, POOL_LOOPS));
    }
    await this.audit.begun(tx, NODE_KIND, 'launch', ids, 'node');
    return ids;
  }

  private async facts(tx: EntityManager): Promise<PoolFacts> {
    const nodes = await tx.query<NodeCount[]>(
      `select provider_name as provider, label_name as label, target_name as target, state, count(*)::integer as count
       from pool_nodes group by 1, 2, 3, 4`,
    );
    const images = await tx.query<CurrentImage[]>(
      `select distinct on (provider_name, image_name) id, provider_name as provider, image_name as image
       from provider_images where state = 2 and external_id is not null
       order by provider_name, image_name, version desc nulls last, id desc`,
    );
    const hosts = await tx.query<{ host: string }[]>(
      `select provider_name || '/' || static_host as host from pool_nodes where static_host is not null`,
    );
    const open = (await this.backoffs.list(tx)).filter(({ isOpen }) => isOpen);
    const blocked = new Set(open.map(({ name }) => name));
    return {
      nodes,
      images,
      hosts: new Set(hosts.map(({ host }) => host)),
      isBlocked: (kind, provider, what) => blocked.has(backoffName[kind](provider, what)),
    };
  }
}

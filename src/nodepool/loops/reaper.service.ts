import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { NodepoolConfig } from '../config/nodepool-config.js';
import { NodepoolConfigStore } from '../config/nodepool-config.store.js';
import { DibWishes } from '../dibs/dib-wishes.service.js';
import { ImageWishes } from '../images/image-wishes.service.js';
import { NodeWishes } from '../nodes/node-wishes.service.js';
import { PoolAudit } from '../jobs/pool-audit.service.js';
import { POOL_TARGETS, type PoolKind } from '../jobs/pool-jobs.service.js';
import { exclusively, POOL_LOOPS } from './pool-tick.js';

/** Age limits (spec nodepool section 2.5). */
const LONGEST = `interval '8 hours'`;
const LONGEST_TEST = `interval '5 minutes'`;
/** Rows of one statement, all of them locked until its transaction is through: the next pass takes the others. */
const MOST = 200;
/** Ready images of each kind that stay however old they are. */
const KEPT = 2;

type Table = 'pool_nodes' | 'provider_images' | 'dib_images';
const KIND_OF: Readonly<Record<Table, PoolKind>> = {
  pool_nodes: 'nodepool.node',
  provider_images: 'nodepool.image',
  dib_images: 'nodepool.dib',
};

/** Ends what has no right to be any more. All in SQL, with the database's clock. */
@Injectable()
export class Reaper {
  constructor(
    private readonly dataSource: DataSource,
    private readonly config: NodepoolConfigStore,
    private readonly nodes: NodeWishes,
    private readonly images: ImageWishes,
    private readonly dibs: DibWishes,
    private readonly audit: PoolAudit,
  ) {}

  /** What cannot wait for a cleanup: expired holds, and rows whose job is gone. */
  async pass(): Promise<void> {
    await exclusively(this.dataSource, 'reaper', async (tx) => {
      await this.endHolds(tx);
      for (const table of Object.keys(KIND_OF) as Table[]) await this.takeUpOrphans(tx, table);
    });
  }

  /** `cron.cleanup`: age limits, rotation, what left the config. */
  async cleanUp(): Promise<void> {
    const config = this.config.current();
    await exclusively(this.dataSource, 'cleanup', async (tx) => {
      await this.endOld(tx);
      if (config) await this.rotate(tx, config);
      if (config) await this.endWithoutHost(tx, config);
    });
  }

  private async endHolds(tx: EntityManager): Promise<void> {
    const longest = this.config.current()?.maxHoldAgeS ?? 0;
    const rows = await tx.query<{ id: number }[]>(
      `select id from pool_nodes where state = 5 and (hold_expires_at <= now()
         or ($1::double precision > 0 and state_time <= now() - $1::double precision * interval '1 second')) order by id
       limit ${MOST} for update`,
      [longest],
    );
    await this.delete(tx, 'pool_nodes', rows, 'hold expired');
  }

  /** Rows in `building` or `delete` that no job works on: it was lost in more crashes than the orchestration bears. */
  private async takeUpOrphans(tx: EntityManager, table: Table): Promise<void> {
    const rows = await tx.query<{ id: number }[]>(
      `select id from ${table} t where state in (1, 4) and not exists (
         select 1 from jobs j where j.target_kind = $1 and j.target_id = t.id::text
           and j.status in ('pending', 'queued', 'running', 'waiting')) order by id limit ${MOST} for update of t`,
      [POOL_TARGETS[KIND_OF[table]]],
    );
    await this.delete(tx, table, rows, 'nobody works on it');
  }

  /** A node that Slipway itself has lent is its holder's for as long as he wants. */
  private async endOld(tx: EntityManager): Promise<void> {
    const nodes = await tx.query<{ id: number }[]>(
      `select id from pool_nodes where static_host is null and ((state in (1, 3) and state_time < now() - ${LONGEST})
         or (state = 6 and state_time < now() - ${LONGEST_TEST}))
         and not exists (select 1 from pool_leases l where l.node_id = pool_nodes.id) order by id limit ${MOST} for update`,
    );
    await this.delete(tx, 'pool_nodes', nodes, 'too old');
    for (const table of ['provider_images', 'dib_images'] as const) {
      const images = await tx.query<{ id: number }[]>(
        `select id from ${table} where state = 1 and state_time < now() - ${LONGEST} order by id
         limit ${MOST} for update`,
      );
      await this.delete(tx, table, images, 'too old');
    }
  }

  /** The newest two stay however old they are; the others go once they are old, and at once what left the config. */
  private async rotate(tx: EntityManager, config: NodepoolConfig): Promise<void> {
    const images = config.providers.flatMap((provider) =>
      provider.images.map(({ name }) => JSON.stringify([provider.name, name])),
    );
    const outdated = await tx.query<{ id: number }[]>(
      `select id from provider_images where state = 2 and id in (select id from (
         select id, state_time, json_build_array(provider_name, image_name)::jsonb as name, row_number() over (
           partition by provider_name, image_name order by version desc nulls last, id desc) as place
         from provider_images where state = 2) ready
       where (place > ${KEPT} and state_time < now() - ${LONGEST}) or name <> all ($1::jsonb[]))
       order by id limit ${MOST} for update`,
      [images],
    );
    await this.delete(tx, 'provider_images', outdated, 'rotated');
    // A build that is being uploaded is in use (nodepool change 8d5268652).
    const builds = await tx.query<{ id: number }[]>(
      `select id from dib_images where state = 2 and id in (select id from (
         select id, state_time, image_name, row_number() over (
           partition by image_name order by version desc nulls last, id desc) as place
         from dib_images where state = 2) ready
       where ((place > ${KEPT} and state_time < now() - ${LONGEST}) or image_name <> all ($1::text[]))
         and not exists (select 1 from provider_images p where p.dib_image_id = ready.id and p.state = 1))
       order by id limit ${MOST} for update`,
      [config.diskimages.map(({ name }) => name)],
    );
    await this.delete(tx, 'dib_images', builds, 'rotated');
  }

  /** Static hosts that the config does not name any more, where nobody uses them. */
  private async endWithoutHost(tx: EntityManager, config: NodepoolConfig): Promise<void> {
    const hosts = config.providers.flatMap(({ name, nodes }) => nodes.map((node) => JSON.stringify([name, node.name])));
    const rows = await tx.query<{ id: number }[]>(
      `select id from pool_nodes where static_host is not null and state = 2
         and json_build_array(provider_name, static_host)::jsonb <> all ($1::jsonb[]) order by id limit ${MOST} for update`,
      [hosts],
    );
    await this.delete(tx, 'pool_nodes', rows, 'left the config');
  }

  private async delete(tx: EntityManager, table: Table, rows: readonly { id: number }[], why: string): Promise<void> {
    const wishes = { pool_nodes: this.nodes, provider_images: this.images, dib_images: this.dibs }[table];
    for (const { id } of rows) await wishes.delete(tx, id, POOL_LOOPS);
    const ids = rows.map(({ id }) => id);
    await this.audit.deleted(tx, KIND_OF[table], ids, why);
  }
}

import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager, Not } from 'typeorm';
import { AuditService } from '../auth/audit/audit.service.js';
import type { Principal } from '../auth/principal.js';
import { Conflict, Invalid, NotFound } from '../common/errors.js';
import { defined } from '../common/fields/defined.js';
import { violatedUnique } from '../database/pg-errors.js';
import { FUEL_VERSION } from '../fuel/fuel-version.js';
import { Release } from '../releases/release.entity.js';
import { attributesOf, changedAttributes, type ClusterAttributes, defaultAttributes } from './cluster-attributes.js';
import { assertMode, isLocked, mayBePending } from './cluster-rules.js';
import { Cluster, type ClusterChange } from './cluster.entity.js';
import { lockCluster } from './locked-rows.js';
import { join, lockFreeNodes, replaceMembers } from './membership.js';

/** Fields of a cluster as somebody wants them; what was left out stays as it is. */
export interface ClusterWish extends Partial<
  Pick<Cluster, 'name' | 'status' | 'mode' | 'grouping' | 'isCustomized' | 'netProvider' | 'netSegmentType' | 'changes'>
> {
  readonly releaseId?: number;
  readonly pendingReleaseId?: number | null;
  readonly nodeIds?: readonly number[];
}

/** A cluster with what its rows alone do not say. */
export interface ClusterState {
  readonly cluster: Cluster;
  readonly isLocked: boolean;
}

const NEW_CHANGES: readonly ClusterChange[] = [
  { name: 'attributes', node_id: null },
  { name: 'networks', node_id: null },
];
const NAME_TAKEN = 'Environment with this name already exists';

/** Clusters and their settings (spec fuel sections 3.1 and 3.8). */
@Injectable()
export class ClustersService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly audit: AuditService,
  ) {}

  async list(): Promise<ClusterState[]> {
    const clusters = await this.dataSource.manager.find(Cluster, { order: { id: 'ASC' } });
    return this.withLocks(this.dataSource.manager, clusters);
  }

  async get(id: number, tx: EntityManager = this.dataSource.manager): Promise<ClusterState> {
    const cluster = await tx.findOneBy(Cluster, { id });
    if (cluster === null) throw new NotFound('Cluster not found');
    const [state] = await this.withLocks(tx, [cluster]);
    return state!;
  }

  create(principal: Principal, wish: ClusterWish & { name: string; releaseId: number }): Promise<ClusterState> {
    return this.withUniqueName(async (tx) => {
      await assertNameFree(tx, wish.name, null);
      const release = await findRelease(tx, wish.releaseId);
      const { nodeIds, pendingReleaseId, ...fields } = wish;
      const cluster = await tx.save(
        tx.create(Cluster, {
          ...defined(fields),
          // A cluster begins at the beginning, whatever a body says.
          status: 'new',
          changes: [...NEW_CHANGES],
          fuelVersion: FUEL_VERSION,
          attributes: { ...defaultAttributes(release) },
        }),
      );
      assertMode(cluster.mode, release);
      await this.setPending(tx, cluster, release, pendingReleaseId);
      await join(tx, cluster, await lockFreeNodes(tx, nodeIds ?? []));
      const state = await this.get(cluster.id, tx);
      await this.record(tx, principal, 'create', state.cluster, { after: state.cluster });
      return state;
    });
  }

  /** No status forbids another: a client may write any of them at any time (spec fuel section 3.1). */
  update(principal: Principal, id: number, wish: ClusterWish): Promise<ClusterState> {
    return this.withUniqueName(async (tx) => {
      const cluster = await lockCluster(tx, id);
      const before = { ...cluster };
      if (wish.name !== undefined) await assertNameFree(tx, wish.name, id);
      if (wish.netProvider !== undefined && wish.netProvider !== cluster.netProvider) {
        throw new Invalid("Changing 'net_provider' for environment is prohibited");
      }
      const release = await findRelease(tx, wish.releaseId ?? cluster.releaseId);
      if (wish.mode !== undefined && wish.mode !== cluster.mode) assertMode(wish.mode, release);
      const { nodeIds, pendingReleaseId, ...fields } = wish;
      Object.assign(cluster, defined(fields));
      if (Object.keys(defined(fields)).length > 0) await tx.update(Cluster, id, defined(fields) as object);
      await this.setPending(tx, cluster, release, pendingReleaseId);
      if (nodeIds !== undefined) await replaceMembers(tx, cluster, nodeIds);
      const state = await this.get(id, tx);
      await this.record(tx, principal, 'update', state.cluster, {
        before,
        after: { ...state.cluster, ...(nodeIds === undefined ? {} : { nodeIds }) },
      });
      return state;
    });
  }

  async attributes(id: number): Promise<ClusterAttributes> {
    return attributesOf((await this.get(id)).cluster.attributes);
  }

  defaultAttributes(id: number): Promise<ClusterAttributes> {
    return this.dataSource.transaction(async (tx) => {
      const { cluster } = await this.get(id, tx);
      return defaultAttributes(await findRelease(tx, cluster.releaseId));
    });
  }

  /** `change` null: back to what the release offers. */
  setAttributes(
    principal: Principal,
    id: number,
    change: Readonly<Record<string, unknown>> | null,
  ): Promise<ClusterAttributes> {
    return this.dataSource.transaction(async (tx) => {
      const before = (await lockCluster(tx, id)).attributes;
      const { cluster, isLocked: locked } = await this.get(id, tx);
      const wanted = change ?? { ...defaultAttributes(await findRelease(tx, cluster.releaseId)) };
      const attributes = changedAttributes(before, wanted, locked);
      await tx.update(Cluster, id, { attributes: { ...before, ...attributes } });
      // Which groups, not what is in them: passwords of services are among them.
      const groups = Object.keys(attributes.editable).slice(0, 100);
      await this.record(tx, principal, 'attributes', cluster, { after: { groups } });
      return attributes;
    });
  }

  private async setPending(
    tx: EntityManager,
    cluster: Cluster,
    current: Release,
    pendingId: number | null | undefined,
  ): Promise<void> {
    if (pendingId === undefined) return;
    if (pendingId !== null) {
      const pending = await holdRelease(tx, pendingId);
      if (pending === null) throw new NotFound(`Object 'Release' with UID=${pendingId} is not found in DB`);
      if (!mayBePending(current, pending)) {
        throw new Invalid('Cannot set pending release as it cannot update current release');
      }
    }
    // Put back as it was read it is not set anew: the nodes deployed since then count.
    if (pendingId === cluster.pendingReleaseId) return;
    await tx.query(
      `update clusters set pending_release_id = $2::integer, pending_set_at = case when $2::integer is null then null else now() end
       where id = $1`,
      [cluster.id, pendingId],
    );
  }

  private async withLocks(tx: EntityManager, clusters: readonly Cluster[]): Promise<ClusterState[]> {
    const rows = await tx.query<{ id: number }[]>(
      `select distinct cluster_id as id from nodes where status = 'ready' and cluster_id = any($1::integer[])`,
      [clusters.map(({ id }) => id)],
    );
    const hasReady = new Set(rows.map(({ id }) => id));
    return clusters.map((cluster) => ({ cluster, isLocked: isLocked(cluster.status, hasReady.has(cluster.id)) }));
  }

  /** Two requests may have found the name free at the same time. */
  private async withUniqueName<T>(work: (tx: EntityManager) => Promise<T>): Promise<T> {
    try {
      return await this.dataSource.transaction(work);
    } catch (error) {
      if (violatedUnique(error) === 'clusters_name_key') throw new Conflict(NAME_TAKEN);
      throw error;
    }
  }

  private record(
    tx: EntityManager,
    principal: Principal,
    action: string,
    { id, name }: Cluster,
    sides: { before?: object; after?: object },
  ): Promise<void> {
    return this.audit.record(tx, principal, {
      action,
      objectType: 'cluster',
      objectId: id,
      objectRepr: name,
      ...withoutAttributes(sides),
    });
  }
}

async function assertNameFree(tx: EntityManager, name: string, own: number | null): Promise<void> {
  const others = own === null ? { name } : { name, id: Not(own) };
  if (await tx.existsBy(Cluster, others)) throw new Conflict(NAME_TAKEN);
}

async function findRelease(tx: EntityManager, id: number): Promise<Release> {
  const release = await holdRelease(tx, id);
  if (release === null) throw new Invalid('Invalid release ID');
  return release;
}

/** Until the transaction ends nobody deletes it: a cluster that is about to name it is none anybody sees yet. */
function holdRelease(tx: EntityManager, id: number): Promise<Release | null> {
  return tx.findOne(Release, { where: { id }, lock: { mode: 'for_key_share' } });
}

/** Services' passwords are among a cluster's attributes, under names nobody can guess. */
function withoutAttributes(sides: { before?: object; after?: object }): { before?: object; after?: object } {
  return Object.fromEntries(
    Object.entries(sides).map(([side, fields]) => [
      side,
      Object.fromEntries(Object.entries(fields as object).filter(([name]) => name !== 'attributes')),
    ]),
  );
}

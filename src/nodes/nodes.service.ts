import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { Any, DataSource, type EntityManager, type QueryDeepPartialEntity } from 'typeorm';
import { AuditService } from '../auth/audit/audit.service.js';
import type { Principal } from '../auth/principal.js';
import { Conflict, Invalid, NotFound } from '../common/errors.js';
import { violatedUnique } from '../database/pg-errors.js';
import { NotificationsService } from '../fuel/notifications/notifications.service.js';
import { discoveryMessage, unnamed } from './discovery.js';
import { nodeChanges, type NodeWish, workedOn } from './node-change.js';
import { Node } from './node.entity.js';
import {
  assertKnownRoles,
  dropChangesOf,
  holdClusters,
  holdClustersOf,
  lockNodes,
  type NodeFilter,
  type NodeWithWork,
  readNodes,
  workedOnIds,
} from './node-rows.js';

/** A node that registers: its address as it wrote it, for the refusal to quote. */
export interface NewNode {
  readonly mac: string;
  readonly writtenMac: string;
  /** Addresses of all its interfaces: any of them may be how the node is known already. */
  readonly interfaceMacs: readonly string[];
  readonly wish: NodeWish;
}

/** One of several nodes to change: known by its id, its MAC address, or both. */
export interface NodeChange {
  readonly id?: number;
  readonly mac?: string;
  readonly wish: NodeWish;
}

/** The machines clusters are made of (spec fuel section 3.10). */
@Injectable()
export class NodesService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly audit: AuditService,
    private readonly notifications: NotificationsService,
  ) {}

  list(filter: NodeFilter): Promise<NodeWithWork[]> {
    return readNodes(this.dataSource.manager, filter);
  }

  async get(id: number, tx: EntityManager = this.dataSource.manager): Promise<NodeWithWork> {
    const [node] = await readNodes(tx, { ids: [id] });
    if (node === undefined) throw new NotFound('Node not found');
    return node;
  }

  async counts(): Promise<{ total: number; unallocated: number }> {
    const [counts] = await this.dataSource.query<[{ total: number; unallocated: number }]>(
      'select count(*)::integer as total, count(*) filter (where cluster_id is null)::integer as unallocated from nodes',
    );
    return counts;
  }

  /** Registers a node that has just booted, and says so to the operators. */
  async create(principal: Principal, { mac, writtenMac, interfaceMacs, wish }: NewNode): Promise<NodeWithWork> {
    const exists = new Conflict(`Node with mac ${writtenMac} already exists - doing nothing`);
    try {
      return await this.dataSource.transaction(async (tx) => {
        const { clusterId = null } = wish;
        if (clusterId !== null) await holdClusters(tx, [clusterId]);
        if (await isKnown(tx, [mac, ...interfaceMacs])) throw exists;
        const row = { ...rolesOfNobody(wish), name: wish.name ?? unnamed(mac), mac };
        if (clusterId !== null) await assertRoles(tx, clusterId, row);
        const { identifiers } = await tx.insert(Node, row as QueryDeepPartialEntity<Node>);
        const made = await this.get((identifiers[0] as { id: number }).id, tx);
        const { id, meta } = made.node;
        await this.record(tx, principal, 'create', made.node, { after: made.node });
        await this.notifications.notify(tx, { topic: 'discover', message: discoveryMessage(meta), nodeId: id });
        return made;
      });
    } catch (error) {
      throw violatedUnique(error) === undefined ? error : exists;
    }
  }

  async update(principal: Principal, id: number, change: NodeChange): Promise<NodeWithWork> {
    await this.get(id);
    const [node] = await this.updateMany(principal, [{ ...change, id }]);
    return node as NodeWithWork;
  }

  /** All of them or none, in the order of the request. */
  updateMany(principal: Principal, changes: readonly NodeChange[]): Promise<NodeWithWork[]> {
    return this.dataSource.transaction(async (tx) => {
      await holdClusters(
        tx,
        changes.flatMap(({ wish }) => wish.clusterId ?? []),
      );
      const ids = await idsOf(tx, changes);
      const nodes = new Map((await lockNodes(tx, [...new Set(ids)])).map((node) => [node.id, node]));
      const wanted = changes.map(({ wish }, place) => ({ id: ids[place] as number, wish }));
      await this.change(tx, principal, nodes, wanted);
      const read = new Map((await readNodes(tx, { ids })).map((each) => [each.node.id, each]));
      return [...new Set(ids)].map((id) => read.get(id) as NodeWithWork);
    });
  }

  /** Forgets nodes: all of them or none. Not while something works on one of them. */
  removeMany(principal: Principal, ids: readonly number[], missing: string): Promise<void> {
    return this.dataSource.transaction(async (tx) => {
      const wanted = [...new Set(ids)];
      const clusters = await holdClustersOf(tx, wanted);
      const nodes = await lockNodes(tx, wanted);
      if (nodes.length < wanted.length) throw new NotFound(missing);
      const moved = nodes.find(({ clusterId }) => clusterId !== null && !clusters.has(clusterId));
      if (moved !== undefined) throw new Conflict(`Node '${moved.name}' joins an environment just now. Try again`);
      const busy = await workedOnIds(tx, wanted);
      const inUse = nodes.find(({ id }) => busy.has(id));
      if (inUse !== undefined) throw workedOn(inUse);
      await tx.delete(Node, { id: Any(wanted) });
      await dropChangesOf(tx, clusters, wanted);
      for (const node of nodes) await this.record(tx, principal, 'delete', node, { before: node });
    });
  }

  /**
   * Each row is written once, however often a request names it: of a row that its own transaction wrote before, PostgreSQL
   * checks all foreign keys anew, and takes a cluster's row after the node's.
   */
  private async change(
    tx: EntityManager,
    principal: Principal,
    nodes: ReadonlyMap<number, Node>,
    wanted: readonly { readonly id: number; readonly wish: NodeWish }[],
  ): Promise<void> {
    const busy = await workedOnIds(tx, [...nodes.keys()]);
    const changes = new Map<number, NodeWish>();
    for (const { id, wish } of wanted) {
      const before = nodes.get(id);
      if (before === undefined) throw new Invalid('Invalid ID specified');
      const node = { ...before, ...changes.get(id) } as Node;
      const change = nodeChanges(node, wish, busy.has(id));
      const clusterId = change.clusterId === undefined ? node.clusterId : change.clusterId;
      if (clusterId !== null) await assertRoles(tx, clusterId, change);
      if (Object.keys(change).length > 0) changes.set(id, { ...changes.get(id), ...change });
    }
    await writeChanges(tx, changes);
    const entries = [...changes].map(([id, change]) => {
      const before = nodes.get(id) as Node;
      const after = { ...before, ...change } as Node;
      return { action: 'update', objectType: 'node', objectId: id, objectRepr: after.name, before, after };
    });
    await this.audit.recordMany(tx, principal, entries);
  }

  private record(
    tx: EntityManager,
    principal: Principal,
    action: string,
    { id, name }: Node,
    sides: { before?: Node; after?: Node },
  ): Promise<void> {
    return this.audit.record(tx, principal, { action, objectType: 'node', objectId: id, objectRepr: name, ...sides });
  }
}

/** One statement for all nodes that change in the same way: a client that moves a rack says the same of each. */
async function writeChanges(tx: EntityManager, changes: ReadonlyMap<number, NodeWish>): Promise<void> {
  const alike = new Map<string, { readonly change: NodeWish; readonly ids: number[] }>();
  for (const [id, change] of changes) {
    const key = JSON.stringify(change);
    const group = alike.get(key);
    if (group === undefined) alike.set(key, { change, ids: [id] });
    else group.ids.push(id);
  }
  for (const { change, ids } of alike.values()) {
    await tx.update(Node, { id: Any(ids) }, change as QueryDeepPartialEntity<Node>);
  }
}

async function isKnown(tx: EntityManager, macs: readonly string[]): Promise<boolean> {
  const rows = await tx.query<unknown[]>('select id from nodes where mac = any($1::text[]) limit 1', [macs]);
  return rows.length > 0;
}

/** Which node each change means. */
async function idsOf(tx: EntityManager, changes: readonly NodeChange[]): Promise<number[]> {
  const macs = changes.flatMap(({ mac }) => mac ?? []);
  const rows = await tx.query<{ id: number; mac: string }[]>('select id, mac from nodes where mac = any($1::text[])', [
    macs,
  ]);
  const byMac = new Map(rows.map(({ id, mac }) => [mac, id]));
  return changes.map(({ id, mac }) => {
    const known = mac === undefined ? undefined : byMac.get(mac);
    if (mac !== undefined && (known === undefined || (id !== undefined && id !== known))) {
      throw new Invalid('Invalid MAC is specified');
    }
    return (id ?? known) as number;
  });
}

function rolesOfNobody(wish: NodeWish): NodeWish {
  return (wish.clusterId ?? null) === null ? { ...wish, roles: [], pendingRoles: [] } : wish;
}

function assertRoles(tx: EntityManager, clusterId: number, { roles = [], pendingRoles = [] }: NodeWish): Promise<void> {
  return assertKnownRoles(tx, clusterId, [...new Set([...roles, ...pendingRoles])]);
}

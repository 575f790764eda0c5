import { type EntityManager, type FindOptionsWhere, In } from 'typeorm';
import { Invalid } from '../common/errors.js';
import { Node } from '../nodes/node.entity.js';
import { Cluster, type ClusterChange } from './cluster.entity.js';
import { leaving } from './tasks/consequences.js';

/** Nodes joining and leaving clusters: rows only, inside the caller's transaction and with the cluster's row locked. */

/** What is open about a node that has just joined (spec fuel section 2.1, `changes`). */
const NODE_CHANGES = ['disks', 'interfaces'];

/** The nodes of a request, locked; all of them must be there, nobody's, and online. */
export async function lockFreeNodes(tx: EntityManager, ids: readonly number[]): Promise<Node[]> {
  const nodes = await lockNamed(tx, ids);
  assertFree(nodes);
  return nodes;
}

export async function lockNamed(tx: EntityManager, ids: readonly number[]): Promise<Node[]> {
  const nodes = await lock(tx, { id: In([...new Set(ids)]) });
  assertFound(nodes, ids);
  return nodes;
}

/** Exactly these nodes from now on. */
export async function replaceMembers(tx: EntityManager, cluster: Cluster, ids: readonly number[]): Promise<void> {
  // In one statement: who locks several nodes does it by id, or two could wait for each other.
  const nodes = await lock(tx, [{ clusterId: cluster.id }, { id: In([...new Set(ids)]) }]);
  assertFound(nodes, ids);
  const wanted = new Set(ids);
  const left = nodes.filter(({ id }) => !wanted.has(id));
  const busy = left.find(({ status }) => ['deploying', 'provisioning', 'removing'].includes(status));
  if (busy) throw new Invalid(`Node '${busy.name}' is ${busy.status} and cannot leave environment '${cluster.name}'`);
  const joined = nodes.filter(({ clusterId }) => clusterId !== cluster.id);
  assertFree(joined);
  await leave(tx, cluster, left);
  await join(tx, cluster, joined);
}

function lock(tx: EntityManager, where: FindOptionsWhere<Node> | FindOptionsWhere<Node>[]): Promise<Node[]> {
  return tx.find(Node, { where, order: { id: 'ASC' }, lock: { mode: 'pessimistic_write' } });
}

function assertFound(nodes: readonly Node[], ids: readonly number[]): void {
  const found = new Set(nodes.map(({ id }) => id));
  const missing = [...new Set(ids)].filter((id) => !found.has(id));
  if (missing.length > 0) throw new Invalid(`Nodes with ids ${missing.join(', ')} were not found.`);
}

function assertFree(nodes: readonly Node[]): void {
  const taken = nodes.filter(({ clusterId }) => clusterId !== null).map(({ id }) => id);
  if (taken.length > 0) {
    throw new Invalid(
      `Nodes with ids ${taken.join(', ')} already assigned to environments. Nodes must be unassigned before they can be assigned again.`,
    );
  }
  const offline = nodes.find(({ online }) => !online);
  if (offline) throw new Invalid(`Cannot add offline node '${offline.id}' to environment`);
}

export async function join(tx: EntityManager, cluster: Cluster, nodes: readonly Node[]): Promise<void> {
  if (nodes.length === 0) return;
  const ids = nodes.map(({ id }) => id);
  await tx.update(Node, { id: In(ids) }, { clusterId: cluster.id });
  const added = ids.flatMap((id) => NODE_CHANGES.map((name): ClusterChange => ({ name, node_id: id })));
  await setChanges(tx, cluster, [...withoutNodes(cluster, new Set(ids)), ...added]);
}

export async function leave(tx: EntityManager, cluster: Cluster, nodes: readonly Node[]): Promise<void> {
  if (nodes.length === 0) return;
  const ids = nodes.map(({ id }) => id);
  await tx.update(Node, { id: In(ids) }, leaving() as object);
  await setChanges(tx, cluster, withoutNodes(cluster, new Set(ids)));
}

function withoutNodes({ changes }: Cluster, ids: ReadonlySet<number>): ClusterChange[] {
  return changes.filter(({ node_id: id }) => id === null || !ids.has(id));
}

async function setChanges(tx: EntityManager, cluster: Cluster, changes: ClusterChange[]): Promise<void> {
  await tx.update(Cluster, cluster.id, { changes });
  cluster.changes = changes;
}

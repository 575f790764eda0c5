import { type EntityManager, In } from 'typeorm';
import { Invalid } from '../common/errors.js';
import { Node } from '../nodes/node.entity.js';
import { Cluster, type ClusterChange } from './cluster.entity.js';
import { lockNodes } from './locked-rows.js';
import { leaving } from './tasks/consequences.js';

/** Nodes joining and leaving clusters: rows only, inside the caller's transaction and with the cluster's row locked. */

/** What is open about a node that has just joined (spec fuel section 2.1, `changes`). */
const NODE_CHANGES = ['disks', 'interfaces'];

/** The nodes of a request, locked; all of them must be there, nobody's, and online. */
export async function lockFreeNodes(tx: EntityManager, ids: readonly number[]): Promise<Node[]> {
  const nodes = await lockNamed(tx, ids);
  const taken = nodes.filter(({ clusterId }) => clusterId !== null).map(({ id }) => id);
  if (taken.length > 0) {
    throw new Invalid(
      `Nodes with ids ${taken.join(', ')} already assigned to environments. Nodes must be unassigned before they can be assigned again.`,
    );
  }
  const offline = nodes.find(({ online }) => !online);
  if (offline) throw new Invalid(`Cannot add offline node '${offline.id}' to environment`);
  return nodes;
}

export async function lockNamed(tx: EntityManager, ids: readonly number[]): Promise<Node[]> {
  const wanted = [...new Set(ids)];
  const nodes = await tx.find(Node, {
    where: { id: In(wanted) },
    order: { id: 'ASC' },
    lock: { mode: 'pessimistic_write' },
  });
  const found = new Set(nodes.map(({ id }) => id));
  const missing = wanted.filter((id) => !found.has(id));
  if (missing.length > 0) throw new Invalid(`Nodes with ids ${missing.join(', ')} were not found.`);
  return nodes;
}

/** Exactly these nodes from now on. */
export async function replaceMembers(tx: EntityManager, cluster: Cluster, ids: readonly number[]): Promise<void> {
  const members = await lockNodes(tx, cluster.id);
  const wanted = new Set(ids);
  const current = new Set(members.map(({ id }) => id));
  const left = members.filter(({ id }) => !wanted.has(id));
  const busy = left.find(({ status }) => ['deploying', 'provisioning', 'removing'].includes(status));
  if (busy) throw new Invalid(`Node '${busy.name}' is ${busy.status} and cannot leave environment '${cluster.name}'`);
  const joined = await lockFreeNodes(
    tx,
    [...wanted].filter((id) => !current.has(id)),
  );
  await leave(tx, cluster, left);
  await join(tx, cluster, joined);
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

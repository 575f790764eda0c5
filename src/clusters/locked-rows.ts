import { type EntityManager, In } from 'typeorm';
import { Conflict, NotFound } from '../common/errors.js';
import { Node } from '../nodes/node.entity.js';
import { Cluster } from './cluster.entity.js';
import { Task } from './task.entity.js';

/**
 * Rows held until the transaction ends. Everybody takes them in this order, and a batch and its jobs after them: cluster,
 * nodes, tasks.
 */
export async function lockCluster(tx: EntityManager, id: number): Promise<Cluster> {
  const cluster = await findLockedCluster(tx, id);
  if (cluster === null) throw new NotFound('Cluster not found');
  return cluster;
}

export function findLockedCluster(tx: EntityManager, id: number): Promise<Cluster | null> {
  return tx.findOne(Cluster, { where: { id }, lock: { mode: 'pessimistic_write' } });
}

/** All nodes of the cluster, by id. */
export function lockNodes(tx: EntityManager, clusterId: number): Promise<Node[]> {
  return tx.find(Node, { where: { clusterId }, order: { id: 'ASC' }, lock: { mode: 'pessimistic_write' } });
}

/** To be called with the cluster's row locked: tasks start and end under it. */
export function runningTasks(tx: EntityManager, clusterId: number): Promise<Task[]> {
  return tx.find(Task, { where: { clusterId, status: 'running' }, order: { id: 'ASC' } });
}

/** One operation on a cluster at a time (spec fuel section 0, D4). With the cluster's row locked, as above. */
export async function assertNothingRuns(tx: EntityManager, clusterId: number, refusal: string): Promise<void> {
  const running = await runningTasks(tx, clusterId);
  if (running.length > 0) throw new Conflict(refusal);
}

/** Changes the nodes that `patchOf` has something for, in one statement for each kind of change. */
export async function changeNodes(
  tx: EntityManager,
  nodes: readonly Node[],
  patchOf: (node: Node) => Partial<Node> | null,
): Promise<void> {
  const byPatch = new Map<string, { patch: Partial<Node>; ids: number[] }>();
  for (const node of nodes) {
    const patch = patchOf(node);
    if (patch === null) continue;
    const key = JSON.stringify(patch);
    const group = byPatch.get(key) ?? { patch, ids: [] };
    group.ids.push(node.id);
    byPatch.set(key, group);
  }
  for (const { patch, ids } of byPatch.values()) await tx.update(Node, { id: In(ids) }, patch as object);
}

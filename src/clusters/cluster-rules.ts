import { Invalid } from '../common/errors.js';
import type { Node } from '../nodes/node.entity.js';
import type { Release } from '../releases/release.entity.js';
import type { Cluster, ClusterMode, ClusterStatus } from './cluster.entity.js';

/**
 * Nailgun leaves an upgrade by single deployments unfinished until a client says it is over; we finish it with the last
 * node (spec fuel section 0, D3). The one place to turn that off.
 */
export const FINISHES_UPGRADE_BY_DEPLOYMENTS = true;

type Version = Pick<Release, 'id' | 'operatingSystem' | 'version' | 'canUpdateFromVersions'>;

/**
 * May a cluster that has `current` be brought to `pending`: the same one again (a retry, or the way back), up, or down
 * (spec fuel section 3.1, `_can_update_release`).
 */
export function mayBePending(current: Version, pending: Version): boolean {
  if (current.id === pending.id) return true;
  if (current.operatingSystem !== pending.operatingSystem) return false;
  return (
    pending.canUpdateFromVersions.includes(current.version) || current.canUpdateFromVersions.includes(pending.version)
  );
}

export function isHighlyAvailable(mode: ClusterMode): boolean {
  return mode !== 'multinode';
}

/** Settings may be changed until the first deployment (`Cluster.is_locked` of 5.1). */
export function isLocked(status: ClusterStatus, hasReadyNodes: boolean): boolean {
  return (status !== 'new' && status !== 'stopped') || hasReadyNodes;
}

/** A release that lists its modes takes no other. */
export function assertMode(mode: ClusterMode, { modesMetadata }: Pick<Release, 'modesMetadata'>): void {
  const offered = Object.keys(modesMetadata);
  if (offered.length === 0 || offered.includes(mode)) return;
  throw new Invalid(`Cannot deploy in ${mode} mode in current release. Need to be one of [${offered.join(', ')}]`);
}

/**
 * Which release a deployment of single nodes puts on them: the pending one while the cluster is being updated (spec fuel
 * section 3.3). A failed deployment leaves the cluster in error in the middle of that; trying again must not put the old
 * release on a node and call the upgrade finished.
 */
export function releaseToDeploy(cluster: Pick<Cluster, 'status' | 'releaseId' | 'pendingReleaseId'>): number {
  const isUpdating = ['update', 'update_error', 'error'].includes(cluster.status);
  return isUpdating && cluster.pendingReleaseId !== null ? cluster.pendingReleaseId : cluster.releaseId;
}

/** Has every node that stays been brought to the pending release since it was set? */
export function isUpgraded(
  cluster: Pick<Cluster, 'pendingReleaseId' | 'pendingSetAt'>,
  nodes: readonly Pick<Node, 'status' | 'pendingDeletion' | 'deployedReleaseId' | 'deployedAt'>[],
): boolean {
  const { pendingReleaseId, pendingSetAt } = cluster;
  const staying = nodes.filter(({ pendingDeletion }) => !pendingDeletion);
  if (pendingReleaseId === null || pendingSetAt === null || staying.length === 0) return false;
  return staying.every(
    (node) =>
      node.status === 'ready' &&
      node.deployedReleaseId === pendingReleaseId &&
      node.deployedAt !== null &&
      node.deployedAt >= pendingSetAt,
  );
}

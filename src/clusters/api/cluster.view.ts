import type { ClusterChange, ClusterGrouping, ClusterMode, ClusterStatus, NetProvider } from '../cluster.entity.js';
import type { ClusterState } from '../clusters.service.js';

/** A cluster as clients read it (spec fuel section 2.1); `is_locked` came with 8.0 and harms no older one. */
export interface ClusterView {
  readonly id: number;
  readonly name: string;
  readonly mode: ClusterMode;
  readonly changes: readonly ClusterChange[];
  readonly status: ClusterStatus;
  readonly grouping: ClusterGrouping;
  readonly is_customized: boolean;
  readonly net_provider: NetProvider;
  readonly release_id: number;
  readonly fuel_version: string;
  readonly pending_release_id: number | null;
  readonly is_locked: boolean;
}

export function toClusterView({ cluster, isLocked }: ClusterState): ClusterView {
  return {
    id: cluster.id,
    name: cluster.name,
    mode: cluster.mode,
    changes: cluster.changes,
    status: cluster.status,
    grouping: cluster.grouping,
    is_customized: cluster.isCustomized,
    net_provider: cluster.netProvider,
    release_id: cluster.releaseId,
    fuel_version: cluster.fuelVersion,
    pending_release_id: cluster.pendingReleaseId,
    is_locked: isLocked,
  };
}

import type { NodeStatus } from '../../nodes/node.entity.js';

/** The progress of tasks, worked out as Nailgun does (spec fuel section 5, "Progress"). */
export interface NodeProgress {
  readonly status: NodeStatus;
  readonly progress: number;
  readonly online: boolean;
}

/**
 * Of `deployment` and `update`: the mean over the whole cluster. A node that is offline counts as done, besides what it
 * has reached itself, and one that failed does not count (`recalculate_deployment_task_progress`).
 */
export function deploymentProgress(nodes: readonly NodeProgress[]): number {
  return mean(nodes.flatMap(parts));
}

function parts({ status, progress, online }: NodeProgress): number[] {
  const offline = online ? [] : [100];
  if (status === 'discover' || status === 'provisioned') return [0, ...offline];
  return status === 'deploying' || status === 'ready' ? [progress, ...offline] : offline;
}

/** Of `provision`: the mean over the nodes that are being provisioned or have been. */
export function provisioningProgress(nodes: readonly NodeProgress[]): number {
  const counted = nodes.filter(({ status }) => status === 'provisioning' || status === 'provisioned');
  return mean(counted.map(({ status, progress }) => (status === 'provisioned' ? 100 : progress)));
}

/** Of a task without an arithmetic of Nailgun's: the mean of its jobs. */
export function jobsProgress(progress: readonly number[]): number {
  return mean(progress);
}

/** Of a task with children. */
export function parentProgress(children: readonly { readonly weight: number; readonly progress: number }[]): number {
  const weights = children.reduce((total, { weight }) => total + weight, 0);
  if (weights === 0) return 0;
  return Math.round(children.reduce((sum, child) => sum + child.weight * child.progress, 0) / weights);
}

function mean(values: readonly number[]): number {
  if (values.length === 0) return 0;
  return Math.trunc(values.reduce((total, each) => total + each, 0) / values.length);
}

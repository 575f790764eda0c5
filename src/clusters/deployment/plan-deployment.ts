import type { BatchSpec, JobSpec } from '../../orchestration/batches.service.js';
import type { DeploymentTask } from '../../releases/deployment-task.js';
import { parseDeploymentTasks } from '../../releases/deployment-tasks.js';
import {
  isCritical,
  rankNodes,
  roundsByGroup,
  roundsByRole,
  type DeployableNode,
  type RankedNode,
} from './deployment-order.js';
import { NODE, type NodeAction, type NodeJobInput } from './node-job.js';
import { simulatedSteps, stepsOnHost } from './node-steps.js';
import { NodeTasks } from './node-tasks.js';

/** What a task of a cluster is to do, with everything it needs already found. */
export interface DeploymentWish {
  readonly action: NodeAction;
  readonly taskId: number;
  readonly cluster: { readonly id: number; readonly name: string; readonly mode: string };
  /** The one whose tasks run: the pending one while the cluster is being updated. */
  readonly release: {
    readonly id: number;
    readonly name: string;
    readonly version: string;
    /** As stored: Fuel's granular tasks. */
    readonly deploymentTasks: unknown;
  };
  /** The cluster has a pending release: one node at a time, in the order of the roles. */
  readonly patching: boolean;
  readonly nodes: readonly DeployableNode[];
  /** All of the cluster's, for who is primary. */
  readonly clusterNodes: readonly DeployableNode[];
  /** Nodes patched at the same time, as the operator set it. */
  readonly parallel: number;
  /** Only these of the release's tasks; null or absent: all. */
  readonly taskNames?: readonly string[] | null;
}

export type DeploymentPlan = Pick<BatchSpec, 'mode' | 'onFailure' | 'maxParallel' | 'waves'>;

/** Who is worked on when, and with which steps (spec fuel section 5). Pure. */
export function planDeployment(wish: DeploymentWish): DeploymentPlan {
  const tasks = parseDeploymentTasks(wish.release.deploymentTasks);
  const ranked = rankNodes(wish.nodes, wish.clusterNodes, wish.cluster.mode);
  const jobOf = jobs(wish, tasks);
  if (wish.action !== 'deploy') return atOnce([ranked.map(jobOf)]);
  if (wish.patching) return patch(roundsByRole(ranked, wish.cluster.mode), wish.parallel, jobOf);
  const hasGroups = tasks.some(({ type }) => type === 'group');
  const rounds = hasGroups ? roundsByGroup(ranked, tasks) : roundsByRole(ranked, wish.cluster.mode);
  return atOnce(rounds.map((round) => round.map(jobOf)));
}

function atOnce(waves: JobSpec[][]): DeploymentPlan {
  return { mode: 'parallel', onFailure: 'stop', maxParallel: null, waves };
}

function patch(
  rounds: readonly RankedNode[][],
  parallel: number,
  jobOf: (node: RankedNode) => JobSpec,
): DeploymentPlan {
  const waves = rounds.map((round) => round.map(jobOf));
  if (parallel > 1) return { mode: 'parallel', onFailure: 'stop', maxParallel: parallel, waves };
  return { mode: 'sequential', onFailure: 'stop', maxParallel: null, waves };
}

function jobs(wish: DeploymentWish, tasks: readonly DeploymentTask[]): (node: RankedNode) => JobSpec {
  const nodeTasks = new NodeTasks(tasks);
  // Success would say that the release is on the node, and nothing would have put it there.
  const refusal =
    nodeTasks.acting.length > 0
      ? null
      : `The release '${wish.release.name}' (${wish.release.version}) has no deployment tasks: there is nothing to run on the node`;
  const names = wish.taskNames ?? null;
  const isWanted = (id: string) => names === null || names.includes(id);
  const planned = new Map<string, JobSpec['steps']>();
  const stepsOf = (ranked: RankedNode): JobSpec['steps'] => {
    const own = ranked.node.driver === 'ssh' ? nodeTasks.of(ranked).filter(({ id }) => isWanted(id)) : [];
    // Nodes of the same roles share one plan, and it is stored once.
    const key = [ranked.node.driver, ...own.map(({ id }) => id)].join('\0');
    const known = planned.get(key);
    const steps =
      known ?? (ranked.node.driver === 'ssh' ? stepsOnHost(wish.action, own, refusal) : simulatedSteps(wish.action));
    planned.set(key, steps);
    return steps;
  };
  return (ranked) => ({
    targetKind: NODE,
    targetId: String(ranked.node.id),
    label: ranked.node.name,
    input: inputOf(wish, ranked),
    steps: stepsOf(ranked),
    critical: wish.action === 'deploy' && isCritical(ranked, wish.cluster.mode),
  });
}

function inputOf({ action, taskId, cluster, release }: DeploymentWish, ranked: RankedNode): NodeJobInput {
  const { node, roles } = ranked;
  return {
    nodeId: node.id,
    taskId,
    clusterId: cluster.id,
    releaseId: release.id,
    action,
    environment: {
      SLIPWAY_NODE_ID: String(node.id),
      SLIPWAY_NODE_NAME: node.name,
      SLIPWAY_ROLES: [...roles].join(','),
      SLIPWAY_CLUSTER_ID: String(cluster.id),
      SLIPWAY_CLUSTER: cluster.name,
      SLIPWAY_RELEASE_ID: String(release.id),
      SLIPWAY_RELEASE: release.name,
      SLIPWAY_RELEASE_VERSION: release.version,
      SLIPWAY_TASK_ID: String(taskId),
    },
  };
}

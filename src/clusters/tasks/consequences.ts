import type { Node } from '../../nodes/node.entity.js';
import type { Cluster } from '../cluster.entity.js';
import type { NodeAction } from '../deployment/node-job.js';
import type { TaskName } from './task-names.js';
import { titleOf } from './task-names.js';

/**
 * What the end of a task and of a node's work mean for the cluster and its nodes: the tables of spec fuel section 5. Pure.
 */
export type TaskOutcome = 'ready' | 'error';
export type ClusterPatch = Partial<
  Pick<Cluster, 'status' | 'releaseId' | 'pendingReleaseId' | 'pendingSetAt' | 'changes'>
>;
export type NodePatch = Partial<Node>;

interface EndOfTask {
  readonly name: TaskName;
  readonly outcome: TaskOutcome;
  /** The release the task put on its nodes. */
  readonly releaseId: number | null;
  /** A deployment of single nodes was the last that an upgrade needed (spec fuel section 0, D3). */
  readonly finishesUpgrade: boolean;
}

/** What changes on the cluster (`_update_cluster_data`). A deleted cluster is gone before anybody asks. */
export function clusterAfter(
  { name, outcome, releaseId, finishesUpgrade }: EndOfTask,
  cluster: Pick<Cluster, 'releaseId' | 'pendingReleaseId'>,
): ClusterPatch {
  const isReady = outcome === 'ready';
  switch (name) {
    case 'update':
      return isReady ? upgraded(cluster, releaseId) : { status: 'update_error' };
    case 'deployment':
      if (!isReady) return { status: 'error' };
      return finishesUpgrade ? upgraded(cluster, releaseId) : {};
    case 'deploy':
      return isReady ? { status: 'operational', changes: [] } : { status: 'error' };
    case 'provision':
      return isReady ? {} : { status: 'error' };
    case 'stop_deployment':
      return { status: isReady ? 'stopped' : 'error' };
    case 'reset_environment':
      return { status: isReady ? 'new' : 'error' };
    case 'cluster_deletion':
      return isReady ? {} : { status: 'error' };
    case 'node_deletion':
      return {};
  }
}

/** Where another release became pending meanwhile, it stays so: it is not what the nodes got. */
function upgraded(cluster: Pick<Cluster, 'releaseId' | 'pendingReleaseId'>, deployed: number | null): ClusterPatch {
  const releaseId = deployed ?? cluster.pendingReleaseId ?? cluster.releaseId;
  const isDone = cluster.pendingReleaseId === releaseId;
  return { status: 'operational', releaseId, ...(isDone ? { pendingReleaseId: null, pendingSetAt: null } : {}) };
}

/** What becomes of a node that is still in the middle of things when its task is over; null: it stays as it is. */
export function nodeAfterTask(name: TaskName, outcome: TaskOutcome, node: Pick<Node, 'status'>): NodePatch | null {
  const ofDeployment = DEPLOYING_TASKS.has(name) || name === 'stop_deployment';
  if (ofDeployment && node.status === 'deploying') {
    if (outcome === 'error') return { status: 'error', progress: 0, errorType: 'deploy' };
    return name === 'deploy' ? { status: 'ready', progress: 100, errorType: null, errorMsg: null } : null;
  }
  // A stop that failed has nobody after it who would settle what it was to stop.
  const ofProvisioning = name === 'provision' || name === 'deploy' || name === 'stop_deployment';
  if (ofProvisioning && outcome === 'error' && node.status === 'provisioning') {
    return { status: 'error', progress: 0, errorType: 'provision' };
  }
  return null;
}

const DEPLOYING_TASKS: ReadonlySet<TaskName> = new Set(['update', 'deployment', 'deploy']);

/** What a node's finished work makes of it. The row of a node whose work was stopped waits for the task's end. */
export function nodeAfterJob(
  job: {
    readonly action: NodeAction;
    readonly releaseId: number;
    readonly isDeployedNext: boolean;
    readonly isPartial: boolean;
  },
  end: { readonly status: 'succeeded' | 'failed' | 'cancelled'; readonly error: string; readonly at: Date },
  node: Pick<Node, 'status' | 'roles' | 'pendingRoles'>,
): NodePatch | null {
  if (end.status === 'cancelled') return null;
  if (end.status === 'failed') return failed(job.action, end.error);
  switch (job.action) {
    case 'deploy':
      return {
        ...done('ready', 100),
        ...(job.isPartial ? {} : { deployedReleaseId: job.releaseId, deployedAt: end.at }),
      };
    case 'provision':
      return done('provisioned', job.isDeployedNext ? 0 : 100);
    case 'delete':
      return leaving();
    case 'stop':
      // It was done before the stop reached it.
      return node.status === 'ready' ? null : backToDiscovery(node);
    case 'reset':
      return { ...backToDiscovery(node), pendingDeletion: false };
  }
}

function done(status: 'ready' | 'provisioned', progress: number): NodePatch {
  return { status, progress, errorType: null, errorMsg: null };
}

const ERROR_TYPES: Partial<Record<NodeAction, 'provision' | 'deletion'>> = {
  provision: 'provision',
  delete: 'deletion',
};

/** 100 although it failed: nothing more will come of it (spec fuel section 7, case 27). */
function failed(action: NodeAction, error: string): NodePatch | null {
  if (action === 'stop' || action === 'reset') return null;
  return { status: 'error', progress: 100, errorType: ERROR_TYPES[action] ?? 'deploy', errorMsg: error };
}

/** Nailgun's machines boot into its installer now, and are offline until that reports (spec fuel section 3.5). */
function backToDiscovery({ roles, pendingRoles }: Pick<Node, 'roles' | 'pendingRoles'>): NodePatch {
  return {
    ...blank(),
    online: false,
    pendingAddition: true,
    pendingRoles: [...new Set([...roles, ...pendingRoles])],
  };
}

/** Without a cluster, as if just discovered. */
export function leaving(): NodePatch {
  return { ...blank(), clusterId: null, pendingAddition: false, pendingDeletion: false, pendingRoles: [] };
}

function blank(): NodePatch {
  return {
    status: 'discover',
    progress: 0,
    roles: [],
    errorType: null,
    errorMsg: null,
    deployedReleaseId: null,
    deployedAt: null,
  };
}

/** What a task that ended well says. */
export function doneMessage(name: TaskName, cluster: { readonly name: string }, nodes: number): string {
  switch (name) {
    case 'stop_deployment':
      return `Deployment of environment '${cluster.name}' was successfully stopped`;
    case 'reset_environment':
      return `Environment '${cluster.name}' was successfully reset`;
    case 'cluster_deletion':
      return `Environment '${cluster.name}' and all its nodes are deleted`;
    case 'node_deletion':
      return `Successfully deleted ${nodes} node(s)`;
    default:
      return `${titleOf(name)} of environment '${cluster.name}' is done`;
  }
}

/** What a task that failed says: whose fault it was, or else why. */
export function failedMessage(name: TaskName, failedNodes: readonly string[], reason: string | null): string {
  const why =
    failedNodes.length > 0
      ? `Check these nodes:\n${failedNodes.map((node) => `'${node}'`).join(', ')}`
      : (reason ?? 'Unknown error');
  return `${titleOf(name)} has failed. ${why}`;
}

export const STOPPED_MESSAGE = 'Deployment was stopped';
export const ABORTED_MESSAGE = 'Task aborted';

const FAILED_WORK: Partial<Record<NodeAction, string>> = { provision: 'provision', delete: 'delete', deploy: 'deploy' };

/** What operators are told of a failed node; null for work whose task says enough. */
export function nodeFailure(action: NodeAction, node: { readonly name: string }, error: string): string | null {
  const work = FAILED_WORK[action];
  return work === undefined ? null : `Failed to ${work} node '${node.name}': ${error === '' ? 'Unknown error' : error}`;
}

interface Child {
  readonly status: 'running' | TaskOutcome;
  readonly message: string | null;
}

/** A parent's end, from its children (`_update_parent_instance`); null while it goes on. */
export function parentEnd(children: readonly Child[]): { status: TaskOutcome; message: string } | null {
  const isFailed = children.some(({ status }) => status === 'error');
  if (!isFailed && children.some(({ status }) => status === 'running')) return null;
  const said = children
    .map(({ message }) => message ?? '')
    .filter((message) => message.trim() !== '' && message !== ABORTED_MESSAGE);
  return { status: isFailed ? 'error' : 'ready', message: [...new Set(said)].join('\n') };
}

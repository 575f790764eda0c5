import { Invalid } from '../../common/errors.js';
import type { Node } from '../../nodes/node.entity.js';
import type { Cluster } from '../cluster.entity.js';
import { isHighlyAvailable } from '../cluster-rules.js';

/** Which nodes a task works on (spec fuel sections 3.2 to 3.6). Pure; nodes come and go in the order of their ids. */
type Mode = Pick<Cluster, 'mode'>;

/** Of an update: what runs, or nearly did. Whether a node is online is not looked at. */
export function nodesToUpdate(cluster: Mode, nodes: readonly Node[]): Node[] {
  const chosen = nodes.filter(
    ({ status, errorType }) =>
      status === 'ready' || status === 'provisioned' || (status === 'error' && errorType === 'deploy'),
  );
  return withControllers(cluster, nodes, chosen);
}

/** Of a deployment that names no nodes: what has something pending or failed. */
export function nodesToDeploy(cluster: Mode, nodes: readonly Node[]): Node[] {
  const chosen = nodes.filter(
    (node) =>
      !node.pendingDeletion &&
      (node.pendingAddition || ['error', 'provisioned'].includes(node.status) || node.pendingRoles.length > 0),
  );
  return withControllers(cluster, nodes, chosen);
}

export function nodesToProvision(nodes: readonly Node[]): Node[] {
  return nodes.filter((node) => !node.pendingDeletion && (node.pendingAddition || failedIn(node, 'provision')));
}

export function nodesToDelete(nodes: readonly Node[]): Node[] {
  return nodes.filter(({ pendingDeletion }) => pendingDeletion);
}

/** Of a stop: everything that is in the middle of something (`StopDeploymentTask` of 5.1: all that is not ready). */
export function nodesToStop(nodes: readonly Node[]): Node[] {
  return nodes.filter(({ status, pendingDeletion }) => !pendingDeletion && status !== 'ready' && status !== 'discover');
}

/** A machine that never got a system has nothing to be reset or removed. */
export function nodesWithSystem(nodes: readonly Node[]): Node[] {
  return nodes.filter(({ status }) => status !== 'discover');
}

/** In a cluster that is highly available a controller is never deployed alone: all of them are (spec fuel section 3.2). */
export function withControllers(cluster: Mode, all: readonly Node[], chosen: readonly Node[]): Node[] {
  const isChosen = new Set(chosen.map(({ id }) => id));
  const brings = isHighlyAvailable(cluster.mode) && chosen.some(isController);
  return all.filter((node) => isChosen.has(node.id) || (brings && isController(node) && !node.pendingDeletion));
}

export function isController({ roles, pendingRoles }: Pick<Node, 'roles' | 'pendingRoles'>): boolean {
  return roles.includes('controller') || pendingRoles.includes('controller');
}

/** A node without a system cannot be deployed, and one that is to go should not be (`validate_nodes_to_deploy` of 6.1). */
export function assertDeployable(nodes: readonly Node[]): void {
  const bare = nodes.filter(
    (node) =>
      node.pendingAddition ||
      ['provisioning', 'discover'].includes(node.status) ||
      failedIn(node, 'provision') ||
      failedIn(node, 'deletion'),
  );
  const leaving = nodesToDelete(nodes);
  if (bare.length === 0 && leaving.length === 0) return;
  const faults = [
    ...(bare.length > 0 ? [`Nodes with uids [${ids(bare)}] are not provisioned yet. `] : []),
    ...(leaving.length > 0
      ? [`Nodes with uids [${ids(leaving)}] marked for deletion. Please remove them and restart deployment.`]
      : []),
  ];
  throw new Invalid(`Deployment operation cannot be started. ${faults.join('')}`);
}

/** Why a deployment of everything pending cannot begin (`CheckBeforeDeploymentTask` of 5.1); null: it can. */
export function deploymentProblem(
  cluster: Mode,
  nodes: readonly Node[],
  release: { readonly roles: readonly string[] },
): string | null {
  const staying = nodes.filter(({ pendingDeletion }) => !pendingDeletion);
  const offline = staying.filter(({ online, status }) => !online && status !== 'ready');
  if (offline.length > 0) {
    const names = offline.map(({ name, id, mac }) => `${name} (id=${id}, mac=${mac})`).join(', ');
    return `Nodes "${names}" are offline. Remove them from environment and try again.`;
  }
  // A release without such a role has none to ask for.
  const needsController = staying.length > 0 && release.roles.includes('controller');
  if (needsController && !staying.some(isController)) {
    return `Not enough controllers, ${cluster.mode} mode requires at least 1 controller`;
  }
  return null;
}

function failedIn({ status, errorType }: Node, work: Node['errorType']): boolean {
  return status === 'error' && errorType === work;
}

function ids(nodes: readonly Node[]): string {
  return nodes.map(({ id }) => id).join(', ');
}

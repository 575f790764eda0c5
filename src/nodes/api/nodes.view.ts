import type { NodeWithWork } from '../node-rows.js';
import type { Node, NodeDriverName, NodeErrorType, NodeSimulation, NodeStatus } from '../node.entity.js';

export interface NodeView {
  readonly id: number;
  readonly name: string;
  readonly mac: string;
  readonly ip: string | null;
  readonly fqdn: string | null;
  readonly hostname: string;
  readonly manufacturer: string | null;
  readonly platform_name: string | null;
  readonly os_platform: string | null;
  readonly kernel_params: string | null;
  readonly meta: Record<string, unknown>;
  readonly status: NodeStatus;
  readonly progress: number;
  readonly roles: string[];
  readonly pending_roles: string[];
  readonly pending_addition: boolean;
  readonly pending_deletion: boolean;
  readonly error_type: NodeErrorType | null;
  readonly online: boolean;
  readonly cluster: number | null;
  readonly group_id: number | null;
  readonly network_data: unknown[];
  readonly labels: Record<string, unknown>;
}

/** How Slipway reaches a node; ours, beside what Fuel has. */
export interface ReachView {
  readonly driver: NodeDriverName;
  readonly ssh: {
    readonly port: number;
    readonly username: string | null;
    readonly has_password: boolean;
    readonly has_private_key: boolean;
    readonly has_passphrase: boolean;
    readonly host_key: string | null;
    readonly host_key_policy: string;
  };
  readonly simulation: NodeSimulation;
}

/** The states in which a node's own number stands still while its job's goes on. */
const WORKING: ReadonlySet<NodeStatus> = new Set(['deploying', 'provisioning', 'removing']);

/** What everybody sees (spec fuel section 2.3): numbers are numbers, whatever the samples of the contract show. */
export function toNodeView({ node, workProgress }: NodeWithWork): NodeView {
  return {
    id: node.id,
    name: node.name,
    mac: node.mac,
    ip: node.ip,
    fqdn: node.fqdn,
    hostname: node.hostname ?? `node-${node.id}`,
    manufacturer: node.manufacturer,
    platform_name: node.platformName,
    os_platform: node.osPlatform,
    kernel_params: node.kernelParams,
    meta: node.meta,
    status: node.status,
    progress: workProgress !== null && WORKING.has(node.status) ? workProgress : node.progress,
    roles: node.roles,
    pending_roles: node.pendingRoles,
    pending_addition: node.pendingAddition,
    pending_deletion: node.pendingDeletion,
    error_type: node.errorType,
    online: node.online,
    cluster: node.clusterId,
    group_id: node.groupId,
    network_data: node.networkData,
    labels: node.labels,
  };
}

/** With how it is reached: for those who showed who they are. */
export function toFullNodeView(each: NodeWithWork): NodeView & { readonly slipway: ReachView } {
  return { ...toNodeView(each), slipway: toReachView(each.node) };
}

function toReachView(node: Node): ReachView {
  return {
    driver: node.driver,
    ssh: {
      port: node.sshPort,
      username: node.sshUsername,
      has_password: node.sshPasswordEncrypted !== null,
      has_private_key: node.sshKeyEncrypted !== null,
      has_passphrase: node.sshPassphraseEncrypted !== null,
      host_key: node.hostKey,
      host_key_policy: node.hostKeyPolicy,
    },
    simulation: node.simulation,
  };
}

import type { NodeWish } from './node-change.js';
import type { Node } from './node.entity.js';

/** What an agent says of its node, which it names by its id or its MAC address. */
export interface AgentReport {
  readonly id?: number;
  readonly mac?: string;
  readonly interfaceMacs: readonly string[];
  readonly wish: NodeWish;
}

/**
 * What of a report is taken over. Agents need no token, so what would take a node out of work or lead a password astray
 * is believed only of one who shows a token of an operator.
 */
export function believed(
  node: Node,
  { wish }: AgentReport,
  { isWorkedOn, isTrusted }: { isWorkedOn: boolean; isTrusted: boolean },
): NodeWish {
  const { status, ip, meta, ...rest } = wish;
  return {
    ...rest,
    ...(meta === undefined ? {} : { meta: withKnownDisks(meta, node.meta) }),
    ...(status !== undefined && !isWorkedOn && mayBecome(node, status, isTrusted) ? { status } : {}),
    ...(isTrusted || mayMove(node) ? { ip } : {}),
  };
}

/** A node that boots from the network says `discover`, also in the middle of its provisioning (spec fuel section 3.10). */
function mayBecome(node: Node, status: NodeWish['status'], isTrusted: boolean): boolean {
  if (status === 'discover' && (node.status === 'provisioning' || node.status === 'error')) return false;
  return isTrusted || (status === 'discover' && node.clusterId === null);
}

/** A password goes only to an address an operator gave, or to a host whose key is known. */
function mayMove(node: Node): boolean {
  return node.sshPasswordEncrypted === null || (node.hostKey !== null && node.hostKeyPolicy !== 'off');
}

/** Agents see no disks while they are in use; Nailgun keeps those it knows. */
function withKnownDisks(meta: Record<string, unknown>, known: Record<string, unknown>): Record<string, unknown> {
  const seen = meta['disks'];
  return Array.isArray(seen) && seen.length === 0 && Array.isArray(known['disks'])
    ? { ...meta, disks: known['disks'] }
    : meta;
}

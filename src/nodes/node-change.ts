import { Conflict, Invalid } from '../common/errors.js';
import type { Node } from './node.entity.js';

/** What may be set on a node; undefined means "leave it". */
export type NodeWish = Partial<Omit<Node, 'id' | 'mac'>>;

/** What deployment reads and writes while it works on a node. */
const WORKED_ON = [
  'status',
  'errorType',
  'roles',
  'pendingRoles',
  'pendingAddition',
  'pendingDeletion',
  'clusterId',
] as const satisfies readonly (keyof NodeWish)[];

/** Who says how a node is reached looks after it: no agent is waited for until one reports again. */
const REACH = [
  'driver',
  'sshPort',
  'sshUsername',
  'sshPasswordEncrypted',
  'sshKeyEncrypted',
  'sshPassphraseEncrypted',
  'simulation',
] as const satisfies readonly (keyof NodeWish)[];

const OUT_OF_A_CLUSTER = {
  clusterId: null,
  groupId: null,
  kernelParams: null,
  roles: [],
  pendingRoles: [],
  pendingAddition: false,
  pendingDeletion: false,
} satisfies NodeWish;

/**
 * What of a wish differs from the node as it is. Clients send whole nodes back (spec fuel section 3.1), so the same value is no
 * change. Throws `Invalid` or `Conflict` where it may not be.
 */
export function nodeChanges(node: Node, wish: NodeWish, isWorkedOn: boolean): NodeWish {
  const different = differences(node, settled(node, wish));
  const change = REACH.some((field) => different[field] !== undefined) ? { ...different, reportedAt: null } : different;
  if (change.clusterId !== undefined && change.clusterId !== null && node.clusterId !== null) {
    throw new Invalid('Changing cluster on the fly is not allowed');
  }
  if (!isWorkedOn) return change;
  // While a job runs, the number is the job's own.
  const { progress: _progress, ...rest } = change;
  if (WORKED_ON.some((field) => rest[field] !== undefined)) throw workedOn(node);
  return rest;
}

export function workedOn({ name }: Pick<Node, 'name'>): Conflict {
  return new Conflict(`Node '${name}' is being worked on. Wait for the task to end, or stop it`);
}

function settled(node: Node, wish: NodeWish): NodeWish {
  const named = wish.hostname === `node-${node.id}` ? { ...wish, hostname: null } : wish;
  if (named.clusterId === null && node.clusterId !== null) return { ...named, ...OUT_OF_A_CLUSTER };
  const clusterId = named.clusterId === undefined ? node.clusterId : named.clusterId;
  if (clusterId !== null) return named;
  // Nailgun leaves roles alone that are meant for no cluster, too.
  const { roles: _roles, pendingRoles: _pendingRoles, ...rest } = named;
  return rest;
}

function differences(node: Node, wish: NodeWish): NodeWish {
  const fields = Object.entries(wish).filter(
    ([name, value]) => value !== undefined && !isSame(value, node[name as keyof NodeWish]),
  );
  return Object.fromEntries(fields) as NodeWish;
}

/** As JSON, whatever the order of keys: the database has its own. */
function isSame(one: unknown, other: unknown): boolean {
  return canonical(one) === canonical(other);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_name, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

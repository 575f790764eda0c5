import type { GroupTask, DeploymentTask } from '../../releases/deployment-task.js';
import { groupRanks } from '../../releases/task-graph.js';

/** A node as far as planning goes; its pending roles count as its roles already. */
export interface DeployableNode {
  readonly id: number;
  readonly name: string;
  readonly roles: readonly string[];
  readonly driver: 'ssh' | 'simulated';
  readonly pendingDeletion: boolean;
}

/** A node with the roles it plays: the first controller of an HA cluster is its `primary-controller`. */
export interface RankedNode<N extends DeployableNode = DeployableNode> {
  readonly node: N;
  readonly roles: ReadonlySet<string>;
  /** The part it plays without `primary-`, where it is the primary. */
  readonly primaryOf: ReadonlySet<string>;
}

const HA_PRIMARIES = ['controller', 'swift-proxy', 'mongo'];
/** There is a primary of these whatever the mode. */
const PRIMARIES = ['mongo'];

/** Nailgun's order while patching (spec fuel section 5); whoever is not named comes last. */
const MULTINODE_ORDER = ['zabbix-server', 'mongo', 'primary-mongo', 'controller'];
const HA_ORDER = [
  'zabbix-server',
  'primary-swift-proxy',
  'swift-proxy',
  'storage',
  'mongo',
  'primary-mongo',
  'primary-controller',
  'controller',
];

/** A failure of one of these stops the run (spec fuel section 5). */
const MULTINODE_CRITICAL = ['controller', 'ceph-osd', 'primary-mongo'];
const HA_CRITICAL = ['primary-controller', 'primary-mongo', 'primary-swift-proxy', 'ceph-osd'];

export function isHa(mode: string): boolean {
  return mode.startsWith('ha');
}

/** The chosen nodes with their roles. Who is primary is decided over the whole cluster: the lowest id. */
export function rankNodes<N extends DeployableNode>(
  nodes: readonly N[],
  cluster: readonly DeployableNode[],
  mode: string,
): RankedNode<N>[] {
  const candidates = cluster.filter(({ pendingDeletion }) => !pendingDeletion);
  const primaries = new Map(
    (isHa(mode) ? HA_PRIMARIES : PRIMARIES).map((role) => {
      const ids = candidates.filter(({ roles }) => roles.includes(role)).map(({ id }) => id);
      return [role, ids.reduce((least, id) => Math.min(least, id), Infinity)];
    }),
  );
  return nodes.map((node) => {
    const primaryOf = new Set(node.roles.filter((role) => primaries.get(role) === node.id));
    const roles = node.roles.map((role) => (primaryOf.has(role) ? `primary-${role}` : role));
    return { node, roles: new Set(roles), primaryOf };
  });
}

export function isCritical({ roles }: RankedNode, mode: string): boolean {
  return (isHa(mode) ? HA_CRITICAL : MULTINODE_CRITICAL).some((role) => roles.has(role));
}

/** Rounds of nodes by Nailgun's order of roles, each by id. A node of several roles comes with its first. */
export function roundsByRole<N extends DeployableNode>(
  nodes: readonly RankedNode<N>[],
  mode: string,
): RankedNode<N>[][] {
  const order = isHa(mode) ? HA_ORDER : MULTINODE_ORDER;
  const placeOf = ({ roles }: RankedNode) => {
    const place = order.findIndex((role) => roles.has(role));
    return place === -1 ? order.length : place;
  };
  return rounds(nodes, placeOf);
}

/**
 * Rounds by the groups of a release: `requires` between groups orders them, and a group's strategy says how many nodes
 * of it go at a time. Nodes of no group come last.
 */
export function roundsByGroup<N extends DeployableNode>(
  nodes: readonly RankedNode<N>[],
  tasks: readonly DeploymentTask[],
): RankedNode<N>[][] {
  const ranks = groupRanks(tasks);
  const groups = tasks.filter((task): task is GroupTask => task.type === 'group');
  const groupOf = (ranked: RankedNode): GroupTask | undefined =>
    groups
      .filter((group) => group.roles.some((role) => playsRole(ranked, role)))
      .reduce<GroupTask | undefined>(
        (best, group) => (best && ranks.get(best.id)! <= ranks.get(group.id)! ? best : group),
        undefined,
      );
  const placeOf = (ranked: RankedNode) => ranks.get(groupOf(ranked)?.id ?? '') ?? Infinity;
  return rounds(nodes, placeOf).flatMap((round) => inPortions(round, groupOf));
}

/** A name of a task's `role` is meant for the primary too, unless the release tells the two apart: see `node-tasks.ts`. */
export function playsRole({ roles, primaryOf }: RankedNode, role: string): boolean {
  return role === '*' || roles.has(role) || primaryOf.has(role);
}

function rounds<N extends DeployableNode>(
  nodes: readonly RankedNode<N>[],
  placeOf: (node: RankedNode<N>) => number,
): RankedNode<N>[][] {
  const byPlace = new Map<number, RankedNode<N>[]>();
  for (const ranked of nodes.toSorted((one, other) => one.node.id - other.node.id)) {
    const place = placeOf(ranked);
    byPlace.set(place, [...(byPlace.get(place) ?? []), ranked]);
  }
  return [...byPlace].sort(([one], [other]) => one - other).map(([, round]) => round);
}

/** As many rounds as the slowest of the round's groups needs. */
function inPortions<N extends DeployableNode>(
  round: readonly RankedNode<N>[],
  groupOf: (node: RankedNode<N>) => GroupTask | undefined,
): RankedNode<N>[][] {
  const taken = new Map<string, number>();
  const portions: RankedNode<N>[][] = [];
  for (const ranked of round) {
    const group = groupOf(ranked);
    const count = taken.get(group?.id ?? '') ?? 0;
    taken.set(group?.id ?? '', count + 1);
    const portion = Math.floor(count / (group?.parameters.amount ?? Infinity));
    (portions[portion] ??= []).push(ranked);
  }
  return portions.filter((portion) => portion !== undefined);
}
